import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configuration, event, lead } from "../contract/store-contract.ts";
import { missingTool } from "../tools.ts";
import { clusterWithUsers, passwordFile, rootPassword } from "./users.ts";
import { missingEtcd } from "./etcd-cluster.ts";
import { Handle, until } from "./handles.ts";

const skip = missingEtcd() || missingTool("etcdctl", "etcd-client");

describe("an etcd with users is restored from a backup", { skip }, () => {
  for (const members of [1, 3]) {
    it(`of ${members}: who ran throughout holds what it knows, and writes it when told to`, async (t) => {
      const cluster = await clusterWithUsers(t, members);
      const user = { name: "skein", passwordFile: passwordFile(t, "secret") };
      const settings = { endpoints: cluster.endpoints, prefix: "skein", user };
      const [one, other] = [await new Handle(t, settings).open(), await new Handle(t, settings).open()];
      const lease = await lead(one.store, "one");
      await one.store.write(lease, [configuration("before"), event("e1")]);
      const backup = cluster.backUp("--user", `root:${rootPassword}`);
      await one.store.write(lease, [configuration("after"), event("e2")]);
      await other.told("what was written", ({ events }) => events.lastId === 2);

      // As the leader does all the time: etcd renews a lease whoever asks.
      const beating = setInterval(() => void one.store.beat(lease).catch(() => undefined), 250);
      t.after(() => clearInterval(beating));
      await cluster.restore(backup);
      for (const { store } of [one, other])
        await until("it sees another etcd", () => store.condition.kind === "held");
      assert.equal(other.state.configuration?.digest, "after");
      await one.store.decide("republish");
      for (const each of [one, other]) {
        await until("it is sound", () => each.store.condition.kind === "sound");
        assert.equal(each.state.configuration?.digest, "after");
      }
      const newer = await lead(other.store, "other");
      await other.store.write(newer, [event("e3")]);
      await one.told("the news", ({ events }) => events.lastId >= 3);
    });
  }
});
