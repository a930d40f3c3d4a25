import { after, describe, it } from "node:test";
import { drain, lead } from "../contract/store-contract.ts";
import { EtcdCluster, missingEtcd } from "./etcd-cluster.ts";
import { Handle, until } from "./handles.ts";

/** Every test has a prefix of its own. */
let cluster: EtcdCluster | undefined;
let prefixes = 0;
after(() => cluster?.end());

async function three() {
  cluster ??= await EtcdCluster.start({ members: 3 });
  return { cluster, settings: { endpoints: cluster.endpoints, prefix: `members-${++prefixes}` } };
}

describe("three members", { skip: missingEtcd() }, () => {
  it("a stopped member that serves the watch is left; nothing is missed", async (t) => {
    const { cluster, settings } = await three();
    const watcher = await new Handle(t, settings).open();
    const writer = await new Handle(t, { ...settings, endpoints: cluster.endpoints.slice(1) }).open();
    const lease = await lead(writer.store, "a");
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const serving = cluster.members.find(({ endpoint }) => watcher.store.place.includes(endpoint));
      serving?.signal("SIGSTOP");
      const startedAt = performance.now();
      let written = 0;
      const seen = new Set<number>();
      while (performance.now() - startedAt < 4000) {
        const outcome = await writer.store
          .write(lease, [drain("web", `w${round}-${++written}`)])
          .catch((e) => e);
        if (outcome !== "ok") {
          console.log(String(outcome));
          written -= 1;
        }
        if (watcher.state.overrides.some(({ id }) => id === `w${round}-${written}`)) seen.add(written);
        if (seen.size > 0) break;
        await new Promise((r) => setTimeout(r, 20));
      }
      times.push(performance.now() - startedAt);
      serving?.signal("SIGCONT");
      await until(
        "all there",
        () => watcher.state.overrides.filter(({ id }) => id.startsWith(`w${round}-`)).length === written,
      );
      console.log(watcher.store.place, times, written);
    }
  });
});
