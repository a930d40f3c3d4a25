import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { WorkersReply } from "../../src/protocol/discovery.ts";
import type { ClusterEvent } from "../../src/protocol/events.ts";
import { eventually, kill, startPlainWorker, TestGateway } from "../e2e/harness.ts";
import { SteadyClients } from "../e2e/steady-clients.ts";
import { EtcdCluster, missingEtcd } from "./etcd-cluster.ts";
import { Relay } from "./relay.ts";
import { change, configurationWith, read, TwoGateways, untilLeader, untilStore } from "./two-gateways.ts";

function skein(gateway: TestGateway, ...words: string[]): { code: number | null; out: string } {
  const [file = "", ...rest] = gateway.command([...words, "--state", gateway.places.state]);
  const { status, stdout } = spawnSync(file, rest, { encoding: "utf8" });
  return { code: status, out: stdout };
}

describe("gateways over etcd", { skip: missingEtcd() }, () => {
  it("a whole host is gone, then etcd: nothing fails, and a new controller serves with what was known", async (t) => {
    const two = await TwoGateways.start(t);
    const { cluster, one, other, address } = two;
    const first = await untilLeader(one, ({ self }) => self);
    const clients = new SteadyClients(t, other.url);
    for (const pid of one.processes()) kill(pid, "SIGKILL");
    const next = await untilLeader(other, ({ self }) => self);
    assert.ok(next.term > first.term);

    await cluster.members[0]!.kill();
    const [controller] = await other.pids("controller");
    kill(controller ?? 0, "SIGKILL");
    await other.until("a new controller", ({ children }) =>
      children.some(
        ({ role, pid, state }) => role === "controller" && pid !== controller && state === "ready",
      ),
    );
    const store = await untilStore(other, "failing");
    assert.match(store.what ?? "", /no connection/);
    const refused = await change(other, `/v1/workers/${address}/drain`);
    assert.equal(refused.status, 503);
    assert.match(await (await fetch(`${other.controlUrl}/metrics`)).text(), /condition="failing"\} 1/);

    await cluster.members[0]!.start();
    await untilLeader(other, ({ self }) => self);
    const { answered, failures } = await clients.stop();
    assert.deepEqual(failures, {});
    assert.ok(answered > 0);
    // Not under load: it is the only worker.
    assert.equal((await change(other, `/v1/workers/${address}/drain`)).status, 200);
  });

  it("five members that do not answer: a new controller serves with what was known, and none is replaced for it", async (t) => {
    const cluster = await EtcdCluster.start();
    t.after(() => cluster.end());
    const member = cluster.endpoints[0] ?? "";
    const relays = await Promise.all(Array.from({ length: 5 }, () => Relay.start(t, member)));
    const store = `etcd://${relays.map(({ endpoint }) => endpoint).join(",")}`;
    const { address } = await startPlainWorker(t);
    const configuration = { ...configurationWith(cluster, address), store };
    const gateway = await TestGateway.start(t, { configuration });
    await untilLeader(gateway, ({ self }) => self);
    await eventually(
      () => {
        const { lastKnownFile } = gateway.places;
        return (
          (existsSync(lastKnownFile) && readFileSync(lastKnownFile, "utf8").includes(address)) || undefined
        );
      },
      () => "what is known is kept",
    );
    for (const relay of relays) relay.dark = true;
    const [controller] = await gateway.pids("controller");
    kill(controller ?? 0, "SIGKILL");
    await gateway.until("a new controller", ({ children }) =>
      children.some(
        ({ role, pid, state }) => role === "controller" && pid !== controller && state === "ready",
      ),
    );
    assert.doesNotMatch(gateway.log(), /it never said hello/);
    assert.equal((await read<WorkersReply>(gateway, "/v1/workers")).workers[0]?.state, "live");
  });

  for (const word of ["republish", "adopt"] as const) {
    it(`etcd begins anew with nothing in it: held at both until an operator says ${word} at one`, async (t) => {
      const two = await TwoGateways.start(t);
      const { cluster, one, other, address } = two;
      await change(one, `/v1/workers/${address}/drain`);
      await two.untilState("draining");
      await change(one, `/v1/workers/${address}/undrain`);
      await two.untilState("live");
      await change(one, `/v1/workers/${address}/drain`);
      await two.untilState("draining");
      const before = await untilLeader(one, () => true);
      await cluster.beginAnew();
      for (const gateway of two.gateways) {
        assert.match((await untilStore(gateway, "held")).what ?? "", /set back|records are gone/);
      }
      await two.untilState("draining");
      assert.equal(skein(other, "store", "status").code, 1);
      assert.deepEqual(skein(other, "store", word).code, 0);
      for (const gateway of two.gateways) await untilStore(gateway, "sound");
      const after = await untilLeader(one, () => true);
      assert.ok(after.term > before.term, `${after.term} after ${before.term}`);
      await two.untilState(word === "republish" ? "draining" : "live");
      const { events } = await read<{ events: ClusterEvent[] }>(one, "/v1/events");
      const kind = word === "republish" ? "store-republished" : "store-adopted";
      assert.ok(events.some((one) => one.kind === kind));
      assert.equal(skein(other, "store", "status").out.includes("sound"), true);
    });
  }
});
