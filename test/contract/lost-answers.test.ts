import assert from "node:assert/strict";
import { after, describe, it, type TestContext } from "node:test";
import { drain, event, lead } from "./store-contract.ts";
import { EtcdCluster, missingEtcd } from "../etcd/etcd-cluster.ts";
import { Handle, until } from "../etcd/handles.ts";
import { ask } from "../etcd/raw.ts";
import { type Fate, puts, Relay } from "../etcd/relay.ts";

let cluster: EtcdCluster | undefined;
let prefixes = 0;
after(() => cluster?.end());

/** A handle behind a relay, and one that looks on beside it. */
async function scene(t: TestContext) {
  cluster ??= await EtcdCluster.start();
  const [endpoint = ""] = cluster.endpoints;
  const prefix = `lost-${++prefixes}`;
  const relay = await Relay.start(t, endpoint);
  const own = await new Handle(t, { endpoints: [relay.endpoint], prefix }).open();
  const beside = await new Handle(t, { endpoints: [endpoint], prefix }).open();
  /** What happens to the next request that puts this key, and to those like it after that. */
  const fates = (key: string, ...list: Fate[]): void => {
    relay.fate = (passing) => (puts(passing, `${prefix}/${key}`) ? (list.shift() ?? "pass") : "pass");
  };
  return { relay, own, beside, prefix, fates };
}

const messages = async (handle: Handle): Promise<string[]> =>
  (await handle.store.events(0, 100)).map(({ message }) => message);

const head = "cluster/head";

describe("answers that are lost", { skip: missingEtcd() }, () => {
  for (const fate of ["cut-before", "cut-after", "silent-after"] as const) {
    it(`a write is done once: ${fate}`, async (t) => {
      const { own, beside, fates } = await scene(t);
      const lease = await lead(own.store, "a");
      assert.equal(await own.store.write(lease, [event("first")]), "ok");
      fates(head, fate, fate);
      assert.equal(await own.store.write(lease, [event("second"), drain("web", "w1")]), "ok");
      assert.equal(await own.store.write(lease, [event("third")]), "ok");
      assert.deepEqual(await messages(beside), ["first", "second", "third"]);
      assert.deepEqual((await beside.store.read()).overrides, own.state.overrides);
    });
  }

  it("a write that arrives late, after it was sent again, has no second effect", async (t) => {
    const { own, beside, relay, fates } = await scene(t);
    const lease = await lead(own.store, "a");
    fates(head, "hold", "pass");
    assert.equal(await own.store.write(lease, [event("once")]), "ok");
    assert.equal(await own.store.write(lease, [event("after")]), "ok");
    assert.equal(relay.held, 1);
    await relay.release();
    assert.deepEqual(await messages(beside), ["once", "after"]);
    assert.deepEqual((await beside.store.read()).events, { firstId: 1, lastId: 2 });
  });

  it("a write that arrives late, after another has taken over, has no effect", async (t) => {
    const { own, beside, relay, fates } = await scene(t);
    const lease = await lead(own.store, "a");
    fates(head, "hold", "hold", "hold", "hold", "hold", "hold", "hold");
    const write = own.store.write(lease, [event("stale"), drain("web", "w1")]);
    await until("it is on its way", () => relay.held > 0);
    const newer = await lead(beside.store, "b");
    assert.equal(await write, "stale-term");
    await beside.store.write(newer, [event("new")]);
    await relay.release();
    assert.deepEqual(await messages(beside), ["new"]);
    assert.deepEqual((await beside.store.read()).overrides, []);
  });

  it("a write of which nothing can be found out is told as such", async (t) => {
    const { own, beside, relay, fates } = await scene(t);
    const lease = await lead(own.store, "a");
    fates(head, "cut-after");
    const fate = relay.fate;
    // Also the look at the records fails, until another has written over them.
    let looks = 0;
    relay.fate = (passing) => {
      if (puts(passing, "x")) return "pass";
      const isLook = passing.path === "/v3/kv/txn" && !passing.body.includes("request_put");
      return isLook && ++looks < 5 ? "cut-before" : fate(passing);
    };
    const write = own.store.write(lease, [event("lost")]);
    const refused = assert.rejects(
      write,
      /^SkeinError: outcome-unknown: whether this was written is not known/,
    );
    await until("etcd did it", async () => (await messages(beside)).length === 1);
    const newer = await lead(beside.store, "b");
    await beside.store.write(newer, [event("over it")]);
    await refused;
  });

  for (const fate of ["cut-before", "cut-after", "hold"] as const) {
    it(`a claim of the seat whose answer is lost leaves no leader that does not know it: ${fate}`, async (t) => {
      const { own, beside, relay, fates } = await scene(t);
      const seen = (await own.store.read()).leadership;
      fates("cluster/leader", fate);
      const claimed = await own.store.acquire("a", seen, 0).catch((error: unknown) => error);
      await relay.release();
      const { leadership } = await beside.store.read();
      if (typeof claimed === "number") {
        assert.deepEqual([leadership.holder, leadership.term], ["a", claimed]);
        assert.equal(await own.store.beat({ holder: "a", term: claimed }), "ok");
      } else {
        assert.ok(claimed instanceof Error, String(claimed));
        assert.equal(leadership.holder, null);
        assert.notEqual(fate, "cut-after", "it was done, so it must be found");
      }
    });
  }

  it("a resignation whose answer is lost is found to be done", async (t) => {
    const { own, beside, relay } = await scene(t);
    const lease = await lead(own.store, "a");
    let fates: Fate[] = ["cut-after"];
    relay.fate = ({ path }) => (path === "/v3/lease/revoke" ? (fates.shift() ?? "pass") : "pass");
    assert.equal(await own.store.resign(lease), "ok");
    assert.equal((await beside.store.read()).leadership.holder, null);
    const newer = await lead(own.store, "a");
    fates = ["cut-before"];
    assert.equal(await own.store.resign(newer), "ok");
    assert.equal((await beside.store.read()).leadership.holder, null);
  });

  it("compaction while the watch was cut: everything is read anew, and nothing is missed", async (t) => {
    const { own, beside, relay, prefix } = await scene(t);
    const lease = await lead(beside.store, "b");
    const before = relay.passed.length;
    relay.fate = () => "cut-before";
    relay.cut();
    for (let index = 0; index < 5; index += 1) await beside.store.write(lease, [drain("web", `w${index}`)]);
    await beside.store.write(lease, [{ kind: "override", service: "web", id: "w0", drain: false }]);
    await compact(cluster!.endpoints[0] ?? "", `${prefix}/cluster/head`);
    relay.fate = () => "pass";
    await own.told("all drains but the one that is over", ({ overrides }) => overrides.length === 4);
    assert.ok(relay.passed.slice(before).includes("/v3/kv/txn"));
    assert.deepEqual(own.state.overrides, beside.state.overrides);
    await beside.store.write(lease, [drain("web", "again")]);
    await own.told("the watch goes on", ({ overrides }) => overrides.length === 5);
  });
});

/** Forgets every revision before the newest one of a key. */
async function compact(endpoint: string, key: string): Promise<void> {
  const range = await ask(endpoint, "/v3/kv/range", { key });
  const [found] = range["kvs"] as { mod_revision: string }[];
  await ask(endpoint, "/v3/kv/compaction", { revision: found?.mod_revision, physical: true });
}
