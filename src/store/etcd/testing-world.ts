import assert from "node:assert/strict";
import { event } from "../../../test/contract/store-contract.ts";
import { Election } from "../../election/election.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { type Random, seededRandom } from "../../runtime/random.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import type { Lease, StoreChange } from "../store.ts";
import { EtcdStore } from "./etcd.ts";
import type { LastKnown } from "./last-known.ts";
import { seatLeaseMs } from "./seat.ts";
import { ModelConnection, ModelMembers, type Way } from "./testing-connection.ts";
import { ModelEtcd } from "./testing-etcd.ts";

/** What a write of this name does besides telling of itself: some writes are about the same worker. */
function overrideBy(name: string): Extract<StoreChange, { kind: "override" }> {
  const number = Number(name.slice(1));
  return { kind: "override", service: "web", id: `w${number % 10}`, weight: number };
}

/** One write, and what its writer was told of it. */
interface Written {
  name: string;
  lease: Lease;
  told: "ok" | "stale-term" | "failed" | "nothing yet";
}

/** A controller's store and election in a process of its own, that writes whenever it leads. */
export class Site {
  readonly process: VirtualProcess;
  readonly store: EtcdStore;
  readonly election: Election;
  readonly written: Written[] = [];
  readonly warned: unknown[] = [];
  connection!: ModelConnection;
  /** What this host would keep for its next start. */
  known: () => LastKnown | undefined = () => undefined;
  /** The chance that a call is lost on either way, or cut; and how slow the way is. */
  weather = { loss: 0, delayMs: 2 };
  readonly #random: Random;

  constructor(world: World, instance: string, random: Random) {
    this.#random = random;
    this.process = new VirtualProcess(world.time);
    const { clock } = this.process;
    this.store = new EtcdStore({
      prefix: "skein",
      connect: (moved) => {
        const { time, etcd, members } = world;
        const { process } = this;
        this.connection = new ModelConnection({
          time,
          process,
          etcd,
          members,
          random,
          way: () => this.#way(),
          moved,
        });
        return { api: this.connection, members: this.connection };
      },
      lastKnown: {
        read: () => this.known(),
        changed: (known) => void (this.known = known),
        close: async () => {},
      },
      clock,
      random,
      logger: { ...silentLogger, warn: (fields) => this.warned.push(...Object.values(fields)) },
    });
    this.election = new Election({
      store: this.store,
      clock,
      instance,
      termFloor: () => 0,
      onRole: () => {},
      onError: () => {},
    });
  }

  /** Opens the store, contends, and writes whenever it leads. */
  async begin(name: string): Promise<void> {
    await this.store.open();
    this.election.start();
    let count = 0;
    this.process.clock.every(70, () => {
      const { lease } = this.election;
      if (lease !== undefined) void this.#write(`${name}${++count}`, lease);
    });
  }

  async #write(name: string, lease: Lease): Promise<void> {
    const written: Written = { name, lease, told: "nothing yet" };
    this.written.push(written);
    try {
      written.told = await this.store.write(lease, [event(name), overrideBy(name)]);
      if (written.told === "stale-term") this.election.staleTerm(lease.term);
    } catch {
      written.told = "failed";
    }
  }

  #way(): Way {
    const { loss, delayMs } = this.weather;
    const ms = (): number => delayMs * (0.5 + this.#random());
    const lost = (): boolean => this.#random() < loss;
    return {
      toEtcdMs: lost() ? undefined : ms(),
      backMs: lost() ? undefined : ms(),
      ...(lost() ? { cutAfterMs: ms() } : {}),
    };
  }
}

export class World {
  readonly time = new VirtualTime();
  readonly etcd = new ModelEtcd(this.time);
  readonly members = new ModelMembers();
  readonly sites: Site[];
  /** When somebody last took all leases away: for the time of a lease a leader may not know it. */
  revokedAt = Number.NEGATIVE_INFINITY;

  constructor(random: Random) {
    this.sites = ["a", "b", "c"].map((name) => new Site(this, name, random));
  }

  async begin(): Promise<void> {
    await this.pass(Promise.all(this.sites.map((site, index) => site.begin("abc"[index] ?? ""))));
  }

  /** Lets time pass until this is settled. */
  async pass<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settle = (): void => void (done = true);
    work.then(settle, settle);
    assert.ok(await this.time.runUntil(() => done, 20_000), "it is never settled");
    return work;
  }

  get leaders(): Site[] {
    return this.sites.filter(({ election }) => election.lease !== undefined);
  }

  /** Lets time pass. At no moment may two believe that they lead, except by the doing of somebody else. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      await this.time.run(10);
      const taken = this.time.nowMs - this.revokedAt < seatLeaseMs;
      assert.ok(taken || this.leaders.length <= 1, `two lead at ${this.time.nowMs} ms`);
    }
  }
}

/** One of the things that happen to controllers and to etcd; gives what ends it. */
function fault(world: World, random: Random): () => void {
  const one = <Value>(list: readonly Value[]): Value => list[Math.floor(random() * list.length)]!;
  const site = one(world.sites);
  const endpoint = one(world.members.endpoints);
  const faults: (() => () => void)[] = [
    () => (site.process.stop(), () => site.process.continue()),
    () => (world.members.pause(endpoint), () => world.members.resume(endpoint)),
    () => ((site.weather = { loss: 0.3, delayMs: 20 }), () => (site.weather = { loss: 0, delayMs: 2 })),
    () => ((site.weather = { loss: 0, delayMs: 900 }), () => (site.weather = { loss: 0, delayMs: 2 })),
    () => ((site.weather = { loss: 1, delayMs: 2 }), () => (site.weather = { loss: 0, delayMs: 2 })),
    () => (site.connection.cutWatches(), () => {}),
    () => (world.etcd.compact(), () => {}),
    () => {
      world.etcd.revokeAll();
      world.revokedAt = world.time.nowMs;
      return () => {};
    },
  ];
  return one(faults)();
}

async function check(world: World): Promise<number> {
  const [reader] = world.sites;
  const events = await world.pass(reader!.store.events(0, 10_000));
  const names = events.map(({ message }) => message);
  assert.equal(new Set(names).size, names.length, "one was written twice");
  const weights = new Map(names.map((name) => [overrideBy(name).id, overrideBy(name).weight]));
  const there = new Map(reader!.store.lastKnown!.overrides.map(({ id, weight }) => [id, weight]));
  assert.deepEqual(there, weights, "a write is done as a whole, or not");
  for (const { written } of world.sites) {
    for (const { name, told, lease } of written) {
      assert.notEqual(told, "nothing yet", name);
      if (told === "ok") assert.ok(names.includes(name), `${name} was acknowledged, and is not there`);
      if (told === "stale-term") assert.ok(!names.includes(name), `${name} was refused, and is there`);
      const found = events.find(({ message }) => message === name);
      if (found !== undefined) assert.equal(found.term, lease.term);
    }
    const acknowledged = written.filter(({ told }) => told === "ok").map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => acknowledged.includes(name)),
      acknowledged,
      "in their order",
    );
  }
  const terms = events.map(({ term }) => term);
  assert.deepEqual(
    terms,
    terms.toSorted((one, other) => one - other),
    "terms only grow",
  );
  return names.length;
}

/**
 * Forty seconds of faults, then peace. Gives how much was written; throws when something happened that must never: two
 * that lead at a time, a write that was done twice, or in part, or was acknowledged and lost.
 */
export async function playDriver(seed: number): Promise<number> {
  const random = seededRandom(seed);
  const world = new World(random);
  await world.begin();
  for (let round = 0; round < 12; round += 1) {
    await world.run(200 + 1500 * random());
    const ends = [fault(world, random), ...(random() < 0.4 ? [fault(world, random)] : [])];
    await world.run(100 + 4000 * random() ** 2);
    for (const end of ends) end();
  }
  world.members.resumeAll();
  await world.run(12_000);
  assert.equal(world.leaders.length, 1, "somebody leads");
  for (const { store } of world.sites) assert.equal(store.condition.kind, "sound");
  // No more writes: then all must be told, and all must know the same.
  for (const { election } of world.sites) void election.resign();
  await world.run(8000);
  const [first, ...others] = world.sites.map(({ store }) => store.lastKnown);
  for (const other of others) assert.deepEqual(other, first);
  return check(world);
}

/** Plays every seed of the range; `SKEIN_SEED=n` plays that one alone. */
export async function playSeeds(from: number, to: number): Promise<number> {
  const replay = process.env["SKEIN_SEED"];
  const [first, last] = replay === undefined ? [from, to] : [Number(replay), Number(replay)];
  let written = 0;
  for (let seed = first; seed <= last; seed += 1) {
    try {
      written += await playDriver(seed);
    } catch (error) {
      const how = `SKEIN_SEED=${seed} node --conditions=skein-source --test src/store/etcd/driver.test.ts`;
      throw new Error(how, { cause: error });
    }
  }
  return written;
}
