import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, drain, event, token } from "../../../test/contract/store-contract.ts";
import { seededRandom } from "../../runtime/random.ts";
import type { Lease, StoreChange } from "../store.ts";
import { type Site, World } from "./testing-world.ts";

async function lead(world: World, { store }: Site, holder: string): Promise<Lease> {
  const { leadership } = await world.pass(store.read());
  const term = await world.pass(store.acquire(holder, leadership, 0));
  assert.ok(term !== undefined);
  return { holder, term };
}

async function write(world: World, { store }: Site, lease: Lease, ...changes: StoreChange[]): Promise<void> {
  assert.equal(await world.pass(store.write(lease, changes)), "ok");
}

const drained = ({ store }: Site): string[] => store.lastKnown!.overrides.map(({ id }) => id);

/** The first handle holds what it knows at a distance: etcd was begun anew, and another has written there. */
async function held(): Promise<{ world: World; site: Site; other: Site }> {
  const world = new World(seededRandom(3));
  const [site, other] = [world.sites[0]!, world.sites[1]!];
  await world.pass(site.store.open());
  const known = [configuration("known"), drain("web", "w1"), event("one")];
  await write(world, site, await lead(world, site, "a"), ...known);
  await world.time.run(1500);
  world.etcd.beginAnew(1);
  site.connection.cutWatches();
  assert.ok(await world.time.runUntil(() => site.store.condition.kind === "held", 5000, 10));
  await world.pass(other.store.open());
  const there = [configuration("there"), drain("web", "x1"), event("other")];
  await write(world, other, await lead(world, other, "b"), ...there);
  return { world, site, other };
}

/** Somebody else writes just before the transaction by which it would be decided. */
function interfere({ etcd }: World): void {
  const transact = etcd.transact.bind(etcd);
  etcd.transact = (transaction) => {
    const decides = transaction.success.some((one) => one.kind === "put" && one.key.endsWith("/identity"));
    if (decides) {
      etcd.transact = transact;
      const { key, value } = etcd.keyValues.find((one) => one.key.endsWith("/head"))!;
      transact({ compare: [], success: [{ kind: "put", key, value }] });
    }
    return transact(transaction);
  };
}

for (const word of ["adopt", "republish"] as const) {
  test(`${word}: where somebody else wrote at that moment nothing is decided, and what is known is kept`, async () => {
    const { world, site } = await held();
    interfere(world);
    await assert.rejects(world.pass(site.store.decide(word)), /somebody else wrote .*nothing was decided/);
    await world.time.run(1500);
    assert.equal(site.store.condition.kind, "held");
    assert.deepEqual(drained(site), ["w1"]);
    // Said again, it is done.
    await world.pass(site.store.decide(word));
    assert.equal(site.store.condition.kind, "sound");
    assert.deepEqual(drained(site), [word === "adopt" ? "x1" : "w1"]);
  });
}

for (const word of ["adopt", "republish"] as const) {
  for (const told of ["its watch", "a list"]) {
    test(`${word}: who knows only the other history goes on with what was decided, told by ${told}`, async () => {
      const { world, site, other } = await held();
      const { weather } = other;
      if (told === "a list") {
        other.weather = { ...weather, loss: 1 };
        other.connection.cutWatches();
      }
      await world.pass(site.store.decide(word));
      if (told === "a list") world.etcd.compact();
      other.weather = weather;
      await world.time.run(6000);
      // Both were the first of their history: who goes by the revision alone must see that it is another.
      const [digest, revision] = [word === "adopt" ? "there" : "known", 2];
      for (const one of [site, other]) {
        assert.deepEqual(one.store.condition, { kind: "sound" });
        assert.deepEqual(drained(one), [word === "adopt" ? "x1" : "w1"]);
        const { configuration } = one.store.lastKnown!;
        assert.deepEqual([configuration?.digest, configuration?.revision], [digest, revision]);
      }
    });
  }
}

test("of two operators' words at the same moment one counts, and the other is not told as done", async () => {
  const { world, site } = await held();
  const transact = world.etcd.transact.bind(world.etcd);
  world.etcd.transact = (transaction) => {
    if (transaction.success.some((one) => one.kind === "put" && one.key.endsWith("/identity"))) {
      world.etcd.transact = transact;
      const others = transaction.success.map((one) =>
        one.kind === "put" && one.key.endsWith("/head")
          ? { ...one, value: JSON.stringify({ ...(JSON.parse(one.value) as object), write: "other" }) }
          : one,
      );
      transact({ ...transaction, success: others });
    }
    return transact(transaction);
  };
  await assert.rejects(world.pass(site.store.decide("republish")), /nothing was decided from here/);
  // The other word is found like any other.
  assert.ok(await world.time.runUntil(() => site.store.condition.kind === "sound", 5000, 10));
});

test("yet another history after a decision is held, and not taken for what was decided", async () => {
  const { world, site } = await held();
  const transact = world.etcd.transact.bind(world.etcd);
  world.etcd.transact = (transaction) => {
    const answer = transact(transaction);
    if (transaction.success.some((one) => one.kind === "put" && one.key.endsWith("/identity"))) {
      world.etcd.transact = transact;
      world.etcd.beginAnew(1);
    }
    return answer;
  };
  await world.pass(site.store.decide("republish"));
  await world.time.run(1500);
  assert.equal(site.store.condition.kind, "held");
  assert.deepEqual(drained(site), ["w1"]);
});

/** Records as a controller that is gone left them, damaged while none ran; another host's controller finds them. */
async function foundDamaged(key: string): Promise<{ world: World; site: Site }> {
  const world = new World(seededRandom(3));
  const [gone, site] = [world.sites[0]!, world.sites[1]!];
  await world.pass(gone.store.open());
  const lease = await lead(world, gone, "a");
  const secret: StoreChange = { kind: "token", token: token("t1") };
  await write(world, gone, lease, drain("web", "w1"), drain("web", "w2"), secret, event("one"));
  await world.pass(gone.store.resign(lease));
  await world.pass(gone.store.close());
  gone.process.kill();
  world.etcd.transact({ compare: [], success: [{ kind: "delete", key }] });
  await world.pass(site.store.open());
  site.election.start();
  return { world, site };
}

test("a leader that never knew damaged records whole writes anew what can be read of them", async () => {
  const { world, site } = await foundDamaged("skein/overrides/web/w2");
  assert.ok(await world.time.runUntil(() => site.store.condition.kind === "sound", 5000, 10));
  assert.deepEqual(drained(site), ["w1"]);
  assert.deepEqual(
    site.store.lastKnown!.tokens.map(({ id }) => id),
    ["t1"],
  );
  const events = await world.pass(site.store.events(0, 10));
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["leader-elected", "store-mended"],
  );
  assert.match(events[1]!.message, /1 of 2 drains and weights could be kept/);
});

test("nor does it erase what it cannot read: it says what to do", async () => {
  const { world, site } = await foundDamaged("skein/cluster/head");
  await world.time.run(3000);
  const { condition } = site.store;
  assert.ok(condition.kind === "damaged");
  assert.match(condition.what, /never knew them whole.*its state directory/);
  await assert.rejects(world.pass(site.store.write(site.election.lease!, [event("two")])), /never knew them/);
  const keys = world.etcd.keyValues.map(({ key }) => key);
  for (const id of ["w1", "w2"]) assert.ok(keys.includes(`skein/overrides/web/${id}`), id);
});
