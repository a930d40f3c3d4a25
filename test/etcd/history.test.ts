import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { StoreState } from "../../src/store/store.ts";
import { configuration, drain, event, lead } from "../contract/store-contract.ts";
import { EtcdCluster, missingEtcd } from "./etcd-cluster.ts";
import { Handle, temporary, until } from "./handles.ts";
import { ask } from "./raw.ts";

const settingsOf = (cluster: EtcdCluster) => ({ endpoints: cluster.endpoints, prefix: "skein" });

/** One etcd, and two handles that know a configuration, a drain and three events. */
async function scene(t: TestContext) {
  const cluster = await EtcdCluster.start();
  t.after(() => cluster.end());
  const [one, other] = [await handle(t, cluster), await handle(t, cluster)];
  const lease = await lead(one.store, "one");
  await one.store.write(lease, [
    configuration("first"),
    drain("web", "w1"),
    event("e1"),
    event("e2"),
    event("e3"),
  ]);
  await other.told("what was written", ({ events }) => events.lastId === 3);
  return { cluster, one, other, lease };
}

const handle = (t: TestContext, cluster: EtcdCluster, lastKnownFile?: string): Promise<Handle> =>
  new Handle(t, settingsOf(cluster), lastKnownFile === undefined ? {} : { lastKnownFile }).open();

const contentOf = ({ configuration, overrides }: StoreState): unknown => ({ configuration, overrides });

const isHeld = ({ store }: Handle): boolean => store.condition.kind === "held";

describe("keys that others remove", { skip: missingEtcd() }, () => {
  it("every key: nothing changes for anybody, it is told, and the next leader writes all anew", async (t) => {
    const { cluster, one, other, lease } = await scene(t);
    const before = contentOf(other.state);
    const { endpoint } = cluster.members[0]!;
    await ask(endpoint, "/v3/kv/deleterange", { key: "skein/", range_end: "skein0" });
    await other.told("the seat is free", ({ leadership }) => leadership.holder === null);
    assert.deepEqual(contentOf(other.state), before);
    assert.equal(await one.store.beat(lease), "stale-term");
    const newer = await lead(other.store, "other");
    assert.ok(newer.term > lease.term);
    const tookMs = await until("all is there again", async () => {
      const fresh = await handle(t, cluster);
      const same = fresh.state.configuration?.digest === "first" && fresh.state.overrides.length === 1;
      await fresh.store.close();
      return same;
    });
    assert.ok(tookMs < 5000, `${tookMs} ms`);
    for (const each of [one, other]) {
      await until("it is sound again", () => each.store.condition.kind === "sound");
      assert.deepEqual(contentOf(each.state), before);
      assert.match(each.failures.join(), /every record is gone/);
    }
    const [told] = await other.store.events(0, 10);
    assert.deepEqual([told?.id, told?.kind], [4, "store-mended"]);
  });

  it("one of them, or a change by hand: it is written anew", async (t) => {
    const { cluster, one, other, lease } = await scene(t);
    const { endpoint } = cluster.members[0]!;
    const before = contentOf(one.state);
    const changes: [path: string, body: Record<string, string>][] = [
      ["/v3/kv/deleterange", { key: "skein/overrides/web/w1" }],
      [
        "/v3/kv/put",
        { key: "skein/overrides/web/w1", value: '{"service":"web","id":"w1","drain":false,"weight":9}' },
      ],
      ["/v3/kv/put", { key: "skein/cluster/head", value: "rubbish" }],
      ["/v3/kv/deleterange", { key: "skein/configuration/", range_end: "skein/configuration0" }],
      ["/v3/kv/deleterange", { key: "skein/cluster/identity" }],
    ];
    for (const [index, [path, body]] of changes.entries()) {
      // A slow host takes longer for all of them than the seat lasts, and only its holder mends.
      assert.equal(await one.store.beat(lease), "ok");
      await ask(endpoint, path, body);
      await until(`${path} ${body["key"]} was mended`, async () => {
        const { events } = await other.store.read();
        return events.lastId === 4 + index && other.store.condition.kind === "sound";
      });
      assert.deepEqual(contentOf(other.state), before);
      assert.deepEqual(contentOf(one.state), before);
    }
  });

  it("every lease revoked: the leader notices, and nothing else changes", async (t) => {
    const { cluster, one, other, lease } = await scene(t);
    const before = contentOf(other.state);
    const { endpoint } = cluster.members[0]!;
    const leases = (await ask(endpoint, "/v3/lease/leases", {}))["leases"] as { ID: string }[];
    for (const { ID } of leases) await ask(endpoint, "/v3/lease/revoke", { ID });
    await one.told("its own seat is free", ({ leadership }) => leadership.holder === null);
    assert.equal(await one.store.beat(lease), "stale-term");
    assert.equal(await one.store.write(lease, [event("no")]), "stale-term");
    const newer = await lead(one.store, "one");
    assert.equal(await one.store.write(newer, [event("yes")]), "ok");
    await other.told("the news", ({ events }) => events.lastId === 4);
    assert.deepEqual(contentOf(other.state), before);
    assert.deepEqual(other.failures, []);
  });
});

describe("an etcd that was replaced or set back", { skip: missingEtcd() }, () => {
  for (const word of ["republish", "adopt"] as const) {
    it(`begun anew with nothing in it: what is known stays until the operator says ${word}`, async (t) => {
      const { cluster, one, other, lease } = await scene(t);
      const before = contentOf(other.state);
      await cluster.beginAnew();
      for (const each of [one, other]) {
        await until("it is held", () => isHeld(each));
        await until("it is told", () => /it was set back/.test(each.failures.join()));
        assert.deepEqual(contentOf(await each.store.read()), before);
        await assert.rejects(
          each.store.write(lease, [event("no")]),
          /skein store adopt.*skein store republish/,
        );
        await assert.rejects(each.store.acquire("x", each.state.leadership, 0), /set back/);
      }
      await one.store.decide(word);
      for (const each of [one, other]) await until("it goes on", () => each.store.condition.kind === "sound");
      const expected = word === "republish" ? before : { configuration: undefined, overrides: [] };
      for (const each of [one, other]) {
        const state = await each.store.read();
        assert.deepEqual(contentOf(state), expected);
        const { term, holder } = state.leadership;
        assert.ok(holder === null && term >= lease.term, `term ${term} after ${lease.term}`);
      }
      const newer = await lead(other.store, "other");
      assert.ok(newer.term > lease.term, "no term goes back");
      assert.equal(await other.store.write(newer, [event("goes on")]), "ok");
      const events = await one.store.events(0, 10);
      assert.deepEqual(
        events.map(({ kind }) => kind),
        [word === "republish" ? "store-republished" : "store-adopted", "leader-elected"],
      );
      await assert.rejects(one.store.decide(word), /nothing to decide/);
    });
  }

  it("restored from an older copy, with records of ours: held, and either word counts for all", async (t) => {
    const { cluster, one, other, lease } = await scene(t);
    const [member] = cluster.members;
    await member!.kill();
    const copy = join(temporary(t), "copy");
    cpSync(member!.data, copy, { recursive: true });
    await member!.start();
    await until(
      "it is sound",
      () => one.store.condition.kind === "sound" && other.store.condition.kind === "sound",
    );
    const newer = await lead(one.store, "one");
    await one.store.write(newer, [configuration("second"), drain("web", "w2")]);
    await other.told("the second", ({ configuration }) => configuration?.digest === "second");
    await member!.kill();
    rmSync(member!.data, { recursive: true });
    cpSync(copy, member!.data, { recursive: true });
    await member!.start();
    for (const each of [one, other]) await until("it is held", () => isHeld(each));
    assert.equal(other.state.configuration?.digest, "second");
    await other.store.decide("republish");
    for (const each of [one, other]) {
      await until("it goes on", () => each.store.condition.kind === "sound");
      const state = await each.store.read();
      assert.deepEqual([state.configuration?.digest, state.overrides.length], ["second", 2]);
    }
    const last = await lead(other.store, "other");
    assert.ok(last.term > newer.term && newer.term > lease.term);
  });

  it("a start with nobody left: the file of the state directory tells, and what it holds counts", async (t) => {
    const { cluster, one, other } = await scene(t);
    const before = contentOf(one.state);
    await one.store.close();
    await other.store.close();
    await cluster.beginAnew();
    const again = await handle(t, cluster, one.lastKnownFile);
    assert.equal(isHeld(again), true);
    assert.deepEqual(contentOf(await again.store.read()), before);
    const stranger = await handle(t, cluster);
    assert.equal(stranger.store.condition.kind, "sound", "who knew nothing takes what is there");
  });

  it("without any etcd a controller begins with what was known, and goes on when it is back", async (t) => {
    const { cluster, one, other } = await scene(t);
    const before = contentOf(one.state);
    await one.store.close();
    const [member] = cluster.members;
    await member!.kill();
    const again = await handle(t, cluster, one.lastKnownFile);
    assert.deepEqual(contentOf(again.store.lastKnown!), before);
    await until("it is told", () => again.store.condition.kind === "failing");
    await assert.rejects(again.store.read(), /etcd at 127.0.0.1:\d+: no connection/);
    await assert.rejects(handle(t, cluster), /no connection/, "who knows nothing cannot begin");
    await member!.start();
    for (const each of [again, other]) {
      const tookMs = await until("it is sound", () => each.store.condition.kind === "sound");
      assert.ok(tookMs < 5000, `${tookMs} ms`);
      assert.deepEqual(contentOf(await each.store.read()), before);
    }
  });
});
