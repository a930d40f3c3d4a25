import assert from "node:assert/strict";
import { test } from "node:test";
import { drain, event } from "../../../test/contract/store-contract.ts";
import type { Presence } from "../../protocol/presence.ts";
import { seededRandom } from "../../runtime/random.ts";
import type { Lease } from "../store.ts";
import { EtcdFailure } from "./failure.ts";
import { type Site, World } from "./testing-world.ts";

/** Two handles that contend for nothing: the first leads, the second looks on. */
async function scene(): Promise<{ world: World; writer: Site; reader: Site; lease: Lease }> {
  const world = new World(seededRandom(3));
  const [writer, reader] = world.sites;
  await world.pass(Promise.all([writer!.store.open(), reader!.store.open()]));
  const lease = await lead(world, writer!, "writer");
  await write(world, writer!, lease, "w1");
  return { world, writer: writer!, reader: reader!, lease };
}

async function lead(world: World, { store }: Site, holder: string): Promise<Lease> {
  const { leadership } = await world.pass(store.read());
  const term = await world.pass(store.acquire(holder, leadership, 0));
  assert.ok(term !== undefined);
  return { holder, term };
}

async function write(world: World, { store }: Site, lease: Lease, id: string): Promise<void> {
  assert.equal(await world.pass(store.write(lease, [drain("web", id), event(id)])), "ok");
}

const known = ({ store }: Site): string[] => store.lastKnown!.overrides.map(({ id }) => id);

test("what happened while a watch was away is told when it is back, though nothing more happens", async () => {
  const { world, writer, reader, lease } = await scene();
  await world.time.run(500);
  reader.weather = { loss: 1, delayMs: 2 };
  reader.connection.cutWatches();
  await write(world, writer, lease, "w2");
  // No beat of anybody lies between.
  reader.weather = { loss: 0, delayMs: 2 };
  await world.time.run(5000);
  assert.deepEqual(known(reader), ["w1", "w2"]);
});

test("a watch that is silent while its connection stands, and calls are answered, is left for another member", async () => {
  const { world, writer, reader, lease } = await scene();
  await world.time.run(500);
  const silent = reader.connection.endpoint;
  reader.connection.mutedAt = silent;
  await write(world, writer, lease, "w2");
  const told = await world.time.runUntil(() => known(reader).length === 2, 10_000, 10);
  assert.ok(told, "it was never told");
  assert.notEqual(reader.connection.endpoint, silent);
});

test("an etcd that refuses every write is told as failing until it takes them again, and its watch is not left", async () => {
  const { world, writer } = await scene();
  await world.time.run(1500);
  const { endpoint } = writer.connection;
  const transact = world.etcd.transact.bind(world.etcd);
  world.etcd.transact = (transaction) => {
    const writes = transaction.success.some(({ kind }) => kind !== "range");
    if (writes) throw new EtcdFailure("refused", "model", "etcdserver: mvcc: database space exceeded");
    return transact(transaction);
  };
  const told: string[] = [];
  writer.store.watch({ changed: () => {}, failed: (error) => told.push(error.message) });
  const failing = (): boolean => writer.store.condition.kind === "failing";
  assert.ok(await world.time.runUntil(failing, 4000, 10));
  for (let passed = 0; passed < 20_000; passed += 50) {
    await world.time.run(50);
    assert.ok(failing(), `it is told as sound ${passed} ms later`);
  }
  assert.match(told.join(), /database space exceeded/);
  assert.equal(writer.connection.endpoint, endpoint);
  world.etcd.transact = transact;
  assert.ok(await world.time.runUntil(() => !failing(), 1500, 10));
  assert.equal(told.length, 1);
});

test("what is compacted before it was told is read anew", async () => {
  const { world, writer, reader, lease } = await scene();
  reader.weather = { loss: 1, delayMs: 2 };
  reader.connection.cutWatches();
  await write(world, writer, lease, "w2");
  const undrain = { kind: "override", service: "web", id: "w1", drain: false } as const;
  assert.equal(await world.pass(writer.store.write(lease, [undrain])), "ok");
  world.etcd.compact();
  reader.weather = { loss: 0, delayMs: 2 };
  await world.time.run(5000);
  assert.deepEqual(known(reader), ["w2"]);
});

test("a watch that lost something by a fault of etcd's is made good by the list of each minute", async () => {
  const { world, writer, reader, lease } = await scene();
  assert.ok(await world.time.runUntil(() => known(reader).length === 1, 500));
  reader.connection.mutedAt = reader.connection.endpoint;
  await write(world, writer, lease, "w2");
  await world.time.run(50);
  // Its beats come back again, but what was told between never came.
  reader.connection.mutedAt = undefined;
  await world.time.run(1000);
  assert.equal(reader.store.condition.kind, "sound");
  assert.deepEqual(known(reader), ["w1"], "it cannot know");
  await world.time.run(73_000);
  assert.deepEqual(known(reader), ["w1", "w2"]);
});

test("a seat that was taken and given back meanwhile is not as it was seen", async () => {
  const { world, writer, reader, lease } = await scene();
  assert.equal(await world.pass(writer.store.resign(lease)), "ok");
  const seen = (await world.pass(reader.store.read())).leadership;
  assert.equal(seen.holder, null);
  // The reader hears nothing of it.
  reader.connection.mutedAt = reader.connection.endpoint;
  const newer = await lead(world, writer, "writer");
  await world.pass(writer.store.resign(newer));
  assert.equal(await world.pass(reader.store.acquire("reader", seen, 0)), undefined);
});

for (const revision of [3, 500]) {
  test(`an etcd that was begun anew is known as such, though it is at revision ${revision}`, async () => {
    const { world, writer, reader } = await scene();
    await world.time.run(1500);
    const before = reader.store.lastKnown;
    for (const { connection } of [writer, reader]) connection.cutWatches();
    world.etcd.beginAnew(revision);
    await world.time.run(4000);
    for (const { store } of [writer, reader]) {
      assert.equal(store.condition.kind, "held");
      assert.deepEqual(store.lastKnown?.overrides, before?.overrides);
    }
    assert.equal(
      world.etcd.keyValues.filter(({ key }) => !key.startsWith("skein/beats/")).length,
      0,
      "nothing was written",
    );
  });
}

test("keys that are removed while the watch stands are damage, and no other history", async () => {
  const { world, writer, reader, lease } = await scene();
  await world.time.run(1500);
  for (const { key } of world.etcd.keyValues) {
    if (!key.includes("/leader")) world.etcd.transact({ compare: [], success: [{ kind: "delete", key }] });
  }
  assert.equal(await world.pass(writer.store.beat(lease)), "ok");
  await world.pass(reader.store.read());
  assert.ok(await world.time.runUntil(() => reader.store.condition.kind === "damaged", 1000, 10));
  assert.ok(
    await world.time.runUntil(() => reader.store.condition.kind === "sound", 5000, 10),
    "the leader mends it",
  );
  assert.deepEqual(known(reader), ["w1"]);
  assert.deepEqual(
    (await world.pass(reader.store.events(0, 10))).map(({ kind }) => kind),
    ["store-mended"],
  );
});

test("controllers find each other by their beats: at once, anew after all keys are gone, and not after a polite end", async () => {
  const { world, writer, reader } = await scene();
  const presence = (name: string) => (): Presence => {
    const [gateway, url] = [`box-${name}`, "http://10.0.0.1:7601"];
    return {
      controller: name,
      name: `${gateway}/controller-1`,
      gateway,
      host: name,
      url,
      key: "k",
      clock: 1,
    };
  };
  writer.store.presence.announce(presence("w"));
  reader.store.presence.announce(presence("r"));
  const seen = (): string[] => reader.store.presence.others().map(({ controller }) => controller);
  assert.ok(await world.time.runUntil(() => seen().join() === "w", 1_500));
  // A third one need not wait for the next beats.
  const third = world.sites[2]!;
  await world.pass(third.store.open());
  const others = (): number => third.store.presence.others().length;
  assert.ok(await world.time.runUntil(() => others() === 2, 200), `${others()} are known`);
  world.etcd.transact({
    compare: [],
    success: [{ kind: "delete", key: "skein/beats/", end: "skein/beats0" }],
  });
  assert.ok(await world.time.runUntil(() => seen().length === 0, 1_000));
  assert.ok(await world.time.runUntil(() => seen().join() === "w", 1_500));
  await world.pass(writer.store.close());
  assert.ok(await world.time.runUntil(() => seen().length === 0, 500));
});
