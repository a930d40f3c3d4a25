import assert from "node:assert/strict";
import { after, describe, it, type TestContext } from "node:test";
import { seatLeaseMs } from "../../src/store/etcd/seat.ts";
import { event } from "../contract/store-contract.ts";
import { Contender, figures } from "./contest.ts";
import { EtcdCluster, missingEtcd } from "./etcd-cluster.ts";
import { until } from "./handles.ts";
import { Relay } from "./relay.ts";

let cluster: EtcdCluster | undefined;
let prefixes = 0;
after(() => cluster?.end());

/** Two contenders, each behind a relay of its own; the first leads. */
async function contest(t: TestContext) {
  cluster ??= await EtcdCluster.start();
  const prefix = `election-${++prefixes}`;
  const enter = async (instance: string): Promise<{ contender: Contender; relay: Relay }> => {
    const relay = await Relay.start(t, cluster!.endpoints[0] ?? "");
    const contender = await Contender.enter(t, instance, { endpoints: [relay.endpoint], prefix });
    return { contender, relay };
  };
  const a = await enter("a");
  await until("a leads", () => a.contender.leads);
  const b = await enter("b");
  return { a, b, enter };
}

describe("the election over etcd", { skip: missingEtcd() }, () => {
  it("hands over at once when the leader resigns", async (t) => {
    const scene = await contest(t);
    let [leader, standby] = [scene.a.contender, scene.b.contender];
    const times: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const before = leader.term;
      const startedAt = performance.now();
      await leader.election.resign();
      await until("the other leads", () => standby.leads);
      times.push(standby.lastTold("leader") - startedAt);
      assert.ok(standby.term > before);
      leader = standby;
      standby = (await scene.enter(`c${round}`)).contender;
    }
    t.diagnostic(`from the wish to resign until the next one leads: ${figures(times)}`);
  });

  it("a leader that is cut from etcd has stepped down before another can lead, and has no effect after", async (t) => {
    const { a, b } = await contest(t);
    const lease = a.contender.election.lease!;
    const cutAt = performance.now();
    a.relay.dark = true;
    await until("b leads", () => b.contender.leads);
    const takenAt = b.contender.lastTold("leader");
    const steppedDownAt = a.contender.lastTold("standby");
    assert.ok(steppedDownAt < takenAt, `stepped down ${steppedDownAt - takenAt} ms after`);
    t.diagnostic(
      `stepped down ${Math.round(steppedDownAt - cutAt)} ms after the cut, replaced after ${Math.round(takenAt - cutAt)}`,
    );
    a.relay.dark = false;
    a.relay.cut();
    await until("a knows who leads", () => a.contender.term === b.contender.term);
    assert.equal(a.contender.leads, false);
    assert.equal(await a.contender.handle.store.write(lease, [event("stale")]), "stale-term");
    assert.equal(await a.contender.handle.store.beat(lease), "stale-term");
    assert.deepEqual(await b.contender.handle.store.events(0, 10), []);
  });

  it("a leader that has ended is replaced at once where its end is known", async (t) => {
    const { a, b } = await contest(t);
    a.relay.dark = true;
    const startedAt = performance.now();
    b.contender.election.holderExited("a");
    await until("b leads", () => b.contender.leads);
    const ms = b.contender.lastTold("leader") - startedAt;
    assert.ok(ms < seatLeaseMs / 2, "nobody waited for the lease to end");
    t.diagnostic(`leads ${Math.round(ms)} ms after the report`);
  });

  it("one that nobody reports is replaced when its lease has ended", async (t) => {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { a, b } = await contest(t);
      const startedAt = performance.now();
      a.relay.dark = true;
      await until("b leads", () => b.contender.leads);
      times.push(b.contender.lastTold("leader") - startedAt);
    }
    t.diagnostic(`the next one leads after ${figures(times)}, with a lease of ${seatLeaseMs} ms`);
  });

  it("of many that contend, one leads in each term", async (t) => {
    const { a, b, enter } = await contest(t);
    const others = [await enter("c"), await enter("d"), await enter("e")].map(({ contender }) => contender);
    const all = [a.contender, b.contender, ...others];
    for (let round = 0; round < 4; round += 1) {
      const leader = all.find(({ leads }) => leads)!;
      await leader.election.resign();
      all.splice(all.indexOf(leader), 1);
      await until("another leads", () => all.some(({ leads }) => leads));
    }
    const terms = [a.contender, b.contender, ...others].flatMap(({ told }) => [
      ...new Set(told.flatMap(({ role }) => (role.kind === "leader" ? [role.term] : []))),
    ]);
    assert.equal(new Set(terms).size, terms.length, `terms led: ${terms.join(", ")}`);
    assert.equal(terms.length, 5);
  });
});
