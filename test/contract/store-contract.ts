import assert from "node:assert/strict";
import { proxyDefaults } from "../../src/config/defaults.ts";
import type { TrafficConfiguration } from "../../src/protocol/configuration.ts";
import { SkeinError } from "../../src/protocol/error.ts";
import { type StoredToken, tokenLimits } from "../../src/protocol/join-token.ts";
import {
  configurationBytesMax,
  eventsKept,
  type Lease,
  type NewEvent,
  type Store,
  type StoreChange,
  type StoreState,
  writeMax,
} from "../../src/store/store.ts";

/** Several handles over one store, as several controllers have them. */
export interface StoreFixture {
  /** A new handle, opened. */
  handle: () => Promise<Store>;
  /** Closes every handle, as when all controllers end, and forgets nothing. */
  closeAll: () => Promise<void>;
  dispose: () => Promise<void>;
}

export interface StoreCase {
  name: string;
  run: (fixture: StoreFixture) => Promise<void>;
  /** What a driver must be able to do for this to hold. */
  needs?: Ability;
}

/** `disk`: what it holds outlives its process. `beats`: a reader sees the beats of a leader. */
export type Ability = "disk" | "beats";

const leadership: StoreCase[] = [
  {
    name: "begins without a leader, and the first one gets a term above the floor",
    run: async ({ handle }) => {
      const store = await handle();
      const { leadership } = await store.read();
      assert.deepEqual(leadership, { holder: null, term: 0, beat: 0 });
      const term = await store.acquire("a", leadership, 41);
      assert.ok(term !== undefined && term > 41, `term ${term}`);
      assert.deepEqual((await store.read()).leadership, { holder: "a", term, beat: 0 });
    },
  },

  {
    name: "gives terms above any floor, one above the other",
    run: async ({ handle }) => {
      const stores = [await handle(), await handle()];
      let before = 0;
      for (const [turn, floor] of [0, 1_000_000, 0, 999_999, 2_000_000].entries()) {
        const [store, other] = turn % 2 === 0 ? stores : stores.toReversed();
        const holder = `c${turn}`;
        const term = await store!.acquire(holder, (await store!.read()).leadership, floor);
        assert.ok(
          term !== undefined && term > floor && term > before,
          `term ${term} over ${before}, ${floor}`,
        );
        assert.deepEqual((await other!.read()).leadership, { holder, term, beat: 0 });
        assert.equal(await store!.beat({ holder, term }), "ok");
        before = term;
      }
    },
  },

  {
    name: "lets exactly one of many concurrent acquires win, each time",
    run: async ({ handle }) => {
      const stores = await Promise.all([handle(), handle(), handle()]);
      for (let round = 0; round < 20; round += 1) {
        const seen = (await stores[0].read()).leadership;
        const terms = await Promise.all(stores.map((store, index) => store.acquire(`c${index}`, seen, 0)));
        const winners = terms.flatMap((term, index) => (term === undefined ? [] : [{ term, index }]));
        assert.equal(winners.length, 1);
        assert.ok(winners[0]!.term > seen.term);
        assert.equal((await stores[1].read()).leadership.holder, `c${winners[0]!.index}`);
      }
    },
  },

  {
    name: "refuses to acquire over a leader who has beaten since",
    needs: "beats",
    run: async ({ handle }) => {
      const [leader, standby] = [await handle(), await handle()];
      const lease = await lead(leader, "a");
      const seen = (await standby.read()).leadership;
      assert.equal(await leader.beat(lease), "ok");
      assert.equal(await standby.acquire("b", seen, 0), undefined);
      assert.deepEqual((await standby.read()).leadership, { holder: "a", term: 1, beat: 1 });
    },
  },

  {
    name: "refuses every write of a stale term, and of a holder who is not the term's",
    run: async ({ handle }) => {
      const [old, next] = [await handle(), await handle()];
      const lease = await lead(old, "a");
      await old.write(lease, [configuration("one")]);
      const newer = await lead(next, "b");
      const before = await next.read();
      const stranger: Lease = { holder: "c", term: newer.term };
      for (const stale of [lease, stranger]) {
        assert.equal(await old.beat(stale), "stale-term");
        assert.equal(await old.resign(stale), "stale-term");
        assert.equal(await old.write(stale, [configuration("two"), event("no")]), "stale-term");
        assert.equal(await old.write(stale, []), "stale-term");
      }
      assert.deepEqual(await next.read(), before);
      assert.deepEqual(await old.read(), before);
    },
  },

  {
    name: "is free at once after a resignation, and the resigned one writes no more",
    run: async ({ handle }) => {
      const [leader, standby] = [await handle(), await handle()];
      const lease = await lead(leader, "a");
      const seen = (await standby.read()).leadership;
      assert.equal(await leader.resign(lease), "ok");
      assert.equal((await standby.read()).leadership.holder, null);
      assert.equal(await standby.acquire("b", seen, 0), undefined, "seen before the resignation");
      assert.equal(await leader.beat(lease), "stale-term");
      assert.equal(await leader.write(lease, [event("late")]), "stale-term");
      const next = await lead(standby, "b");
      assert.ok(next.term > lease.term);
    },
  },
];

const content: StoreCase[] = [
  {
    name: "gives each configuration the next revision and keeps it apart from the caller's object",
    run: async ({ handle }) => {
      const [writer, reader] = [await handle(), await handle()];
      assert.equal((await reader.read()).configuration, undefined);
      const lease = await lead(writer, "a");
      const change = configuration("one");
      await writer.write(lease, [change]);
      change.traffic.registration.allow.push("later");
      const first = (await reader.read()).configuration;
      assert.deepEqual(first, { revision: 1, digest: "one", traffic: configuration("one").traffic });
      await writer.write(lease, [configuration("two")]);
      const { configuration: second } = await reader.read();
      assert.deepEqual([second?.revision, second?.digest], [2, "two"]);
    },
  },

  {
    name: "gives the same objects again for what did not change",
    run: async ({ handle }) => {
      const [writer, reader] = [await handle(), await handle()];
      const lease = await lead(writer, "a");
      await writer.write(lease, [configuration("one"), drain("web", "w1")]);
      const before = await reader.read();
      await writer.beat(lease);
      const beaten = await reader.read();
      assert.equal(beaten.configuration, before.configuration);
      assert.equal(beaten.overrides, before.overrides);
      await writer.write(lease, [drain("web", "w2")]);
      const drained = await reader.read();
      assert.equal(drained.configuration, before.configuration);
      assert.equal(drained.overrides.length, 2);
      assert.equal(before.overrides.length, 1, "a state once read stays as it was");
    },
  },

  {
    name: "takes what changes nothing for no change, and still compares the term",
    run: async ({ handle }) => {
      const store = await handle();
      const lease = await lead(store, "a");
      const changes = [configuration("one"), drain("web", "w1")];
      await store.write(lease, changes);
      const before = await store.read();
      assert.equal(await store.write(lease, changes), "ok");
      assert.equal(await store.write(lease, []), "ok");
      const undrain: StoreChange = { kind: "override", service: "web", id: "w2", drain: false };
      assert.equal(await store.write(lease, [undrain]), "ok");
      const after = await store.read();
      assert.equal(after.configuration, before.configuration);
      assert.equal(after.overrides, before.overrides);
      const newer = await lead(store, "b");
      assert.equal(await store.write(lease, changes), "stale-term");
      assert.equal(await store.write(newer, changes), "ok");
    },
  },

  {
    name: "holds a configuration as large as allowed",
    run: async ({ handle }) => {
      const [writer, reader] = [await handle(), await handle()];
      const lease = await lead(writer, "a");
      using _beating = beatingFor(writer, lease);
      for (const digest of ["large", "larger"]) {
        const large = configuration(digest);
        const room = configurationBytesMax - JSON.stringify(large.traffic).length - 10;
        large.traffic.registration.allow.push(digest + "ä".repeat((room - digest.length) / 2));
        assert.equal(await writer.write(lease, [large, event("as well")]), "ok");
        assert.deepEqual((await reader.read()).configuration?.traffic, large.traffic);
      }
      assert.equal(await writer.write(lease, [configuration("small again")]), "ok");
      assert.equal((await reader.read()).configuration?.revision, 3);
    },
  },

  {
    name: "keeps concurrent writes apart: each as a whole, none lost",
    run: async ({ handle }) => {
      const [writer, reader] = [await handle(), await handle()];
      const lease = await lead(writer, "a");
      const writes = Array.from({ length: 40 }, (_, index) =>
        writer.write(lease, [drain("web", `w${index}`), event(`e${index}`)]),
      );
      const refused = writer.write(lease, [drain("web", "never"), oversized()]);
      await assert.rejects(refused, isStoreFailed);
      assert.deepEqual(new Set(await Promise.all(writes)), new Set(["ok"]));
      const state = await reader.read();
      assert.equal(state.overrides.length, 40);
      assert.deepEqual(state.events, { firstId: 1, lastId: 40 });
      const messages = (await reader.events(0, 100)).map(({ message }) => message);
      assert.deepEqual(
        messages,
        writes.map((_, index) => `e${index}`),
      );
    },
  },

  {
    name: "keeps join tokens: one takes the place of the one with its id, a revoked one is gone, too many are refused",
    run: async ({ handle }) => {
      const [store, other] = [await handle(), await handle()];
      const lease = await lead(store, "a");
      assert.deepEqual((await store.read()).tokens, []);
      const put = (one: StoredToken): StoreChange => ({ kind: "token", token: one });
      const newer = { ...token("t1"), hashes: ["b", "a"] };
      assert.equal(await store.write(lease, [put(token("t1")), put(token("t2")), put(newer)]), "ok");
      const before = await other.read();
      assert.deepEqual(before.tokens, [newer, token("t2")]);
      await store.write(lease, [drain("web", "w1"), event("e")]);
      assert.equal((await other.read()).tokens, before.tokens, "what did not change is the same object");
      await store.write(lease, [{ kind: "token-revoked", id: "t1" }]);
      await store.write(lease, [{ kind: "token-revoked", id: "nobody" }]);
      const after = await other.read();
      assert.deepEqual([after.tokens, after.overrides.length], [[token("t2")], 1]);
      assert.equal(await store.write({ ...lease, term: lease.term - 1 }, [put(newer)]), "stale-term");
      const many = Array.from({ length: tokenLimits.tokensMax }, (_, index) => put(token(`m${index}`)));
      await assert.rejects(store.write(lease, many), isStoreFailed);
      assert.deepEqual((await other.read()).tokens, [token("t2")]);
    },
  },
  {
    name: "a token gets a further secret as it stands when that is written, and none when it was revoked meanwhile",
    run: async ({ handle }) => {
      const store = await handle();
      const lease = await lead(store, "a");
      const rotate = (id: string, hash: string): StoreChange[] => [
        { kind: "token-rotated", id, hash, proofKey: `k${hash}` },
      ];
      const [one, two] = [token("t1"), token("t2")];
      await store.write(lease, [
        { kind: "token", token: one },
        { kind: "token", token: two },
      ]);
      await Promise.all([store.write(lease, rotate("t1", "b")), store.write(lease, rotate("t1", "c"))]);
      const revoked = store.write(lease, [{ kind: "token-revoked", id: "t2" }]);
      const late = store.write(lease, rotate("t2", "b"));
      await assert.rejects(late, (error) => error instanceof SkeinError && error.code === "not-found");
      assert.equal(await revoked, "ok");
      const { tokens } = await store.read();
      assert.deepEqual(
        tokens.map(({ id, hashes, proofKey }) => [id, hashes, proofKey]),
        [["t1", ["c", "b"], "kb"]],
      );
      await store.write(lease, rotate("t1", "c"));
      assert.equal((await store.read()).tokens, tokens, "said again as its answer was lost, it is the same");
    },
  },
  {
    name: "merges overrides and forgets those that say nothing",
    run: async ({ handle }) => {
      const store = await handle();
      const lease = await lead(store, "a");
      await store.write(lease, [
        drain("web", "w1"),
        { kind: "override", service: "api", id: "w1", weight: 5 },
      ]);
      await store.write(lease, [{ kind: "override", service: "web", id: "w1", weight: 0 }]);
      assert.deepEqual(sorted(await store.read()), [
        { service: "api", id: "w1", drain: false, weight: 5 },
        { service: "web", id: "w1", drain: true, weight: 0 },
      ]);
      await store.write(lease, [
        { kind: "override", service: "web", id: "w1", drain: false },
        { kind: "override", service: "api", id: "w1", weight: null },
      ]);
      assert.deepEqual(sorted(await store.read()), [{ service: "web", id: "w1", drain: false, weight: 0 }]);
    },
  },

  {
    name: "does all changes of a write, or none",
    run: async ({ handle }) => {
      const store = await handle();
      const lease = await lead(store, "a");
      const before = await store.read();
      const good = [configuration("one"), event("never"), drain("web", "w1")];
      const tooMany = Array.from({ length: writeMax.overrides + 1 }, (_, index) => drain("web", `w${index}`));
      const tooLong = [event("x".repeat(writeMax.eventBytes))];
      for (const bad of [[oversized()], tooMany, tooLong]) {
        await assert.rejects(store.write(lease, [...good, ...bad]), isStoreFailed);
      }
      assert.deepEqual(await store.read(), before);
      assert.deepEqual(await store.events(0, 10), []);
    },
  },

  {
    name: "rejects every call after it was closed",
    run: async ({ handle }) => {
      const store = await handle();
      await store.close();
      await store.close();
      await assert.rejects(store.read(), isStoreFailed);
      await assert.rejects(store.beat({ holder: "a", term: 1 }), isStoreFailed);
    },
  },
];

const events: StoreCase[] = [
  {
    name: "numbers events from 1 without a gap, under the lease's term, and pages through them",
    run: async ({ handle }) => {
      const [first, second] = [await handle(), await handle()];
      const lease = await lead(first, "a");
      await first.write(lease, [event("1"), event("2")]);
      const newer = await lead(second, "b");
      await second.write(newer, [event("3")]);
      const all = await first.events(0, 100);
      assert.deepEqual(
        all.map(({ id, term, message }) => ({ id, term, message })),
        [
          { id: 1, term: lease.term, message: "1" },
          { id: 2, term: lease.term, message: "2" },
          { id: 3, term: newer.term, message: "3" },
        ],
      );
      assert.deepEqual(await first.events(1, 1), [all[1]]);
      assert.deepEqual(await first.events(3, 10), []);
      assert.deepEqual((await second.read()).events, { firstId: 1, lastId: 3 });
    },
  },

  {
    name: "keeps the newest events only",
    run: async ({ handle }) => {
      const store = await handle();
      const lease = await lead(store, "a");
      const many = Array.from({ length: eventsKept }, (_, index) => event(String(index + 1)));
      for (let from = 0; from < many.length; from += writeMax.events) {
        await store.write(lease, many.slice(from, from + writeMax.events));
      }
      await store.write(lease, [event("one more"), event("and another")]);
      assert.deepEqual((await store.read()).events, { firstId: 3, lastId: eventsKept + 2 });
      assert.equal((await store.events(0, 1))[0]?.id, 3);
      assert.equal((await store.events(eventsKept + 1, 10))[0]?.message, "and another");
    },
  },
];

const watch: StoreCase[] = [
  {
    name: "tells a watcher of changes by its own and by other handles, until it stops",
    run: async ({ handle }) => {
      const [own, other] = [await handle(), await handle()];
      const seen = new Watched();
      const stop = own.watch(seen);
      const lease = await lead(own, "a");
      await seen.until((state) => state.leadership.holder === "a");
      const newer = await lead(other, "b");
      await seen.until((state) => state.leadership.term === newer.term);
      assert.equal(await own.beat(lease), "stale-term");
      await other.write(newer, [configuration("one")]);
      await seen.until((state) => state.configuration?.digest === "one");
      stop();
      const control = new Watched();
      own.watch(control);
      const calls = seen.calls;
      await other.write(newer, [configuration("two")]);
      await control.until((state) => state.configuration?.digest === "two");
      assert.equal(seen.calls, calls);
    },
  },
];

const restart: StoreCase[] = [
  {
    name: "keeps everything over a restart",
    needs: "disk",
    run: async (fixture) => {
      const before = await fixture.handle();
      const lease = await lead(before, "a");
      const token1: StoreChange = { kind: "token", token: token("t1") };
      await before.write(lease, [configuration("one"), drain("web", "w1"), token1, event("first")]);
      const expected = await before.read();
      await fixture.closeAll();
      const after = await fixture.handle();
      assert.deepEqual(await after.read(), expected);
      assert.equal((await after.events(0, 10)).length, 1);
      assert.equal(await after.beat(lease), "ok");
    },
  },
];

/** What every driver of the store port must fulfil. */
export const storeCases: readonly StoreCase[] = [...leadership, ...content, ...events, ...watch, ...restart];

/** Waits for a state instead of for a time. */
class Watched {
  calls = 0;
  #last: StoreState | undefined;
  #wake: () => void = () => {};

  changed(state: StoreState): void {
    this.calls += 1;
    this.#last = state;
    this.#wake();
  }

  failed(error: Error): void {
    throw error;
  }

  async until(holds: (state: StoreState) => boolean): Promise<void> {
    while (this.#last === undefined || !holds(this.#last)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Takes the leadership whoever has it. */
export async function lead(store: Store, holder: string): Promise<Lease> {
  const { leadership } = await store.read();
  const term = await store.acquire(holder, leadership, 0);
  assert.ok(term !== undefined, `${holder} must win: nobody else acts now`);
  return { holder, term };
}

/** As a leader does, until the case ends: a busy machine may need longer for a write than a seat lasts. */
function beatingFor(store: Store, lease: Lease): Disposable {
  const beating = setInterval(() => void store.beat(lease).catch(() => {}), 250);
  return { [Symbol.dispose]: () => clearInterval(beating) };
}

export function configuration(digest: string): Extract<StoreChange, { kind: "configuration" }> {
  const traffic: TrafficConfiguration = {
    services: {},
    routes: [],
    proxy: proxyDefaults,
    registration: { allow: [digest], workersMax: 10_000, metadataBytesMax: 4096 },
  };
  return { kind: "configuration", digest, traffic };
}

export function drain(service: string, id: string): StoreChange {
  return { kind: "override", service, id, drain: true };
}

export function token(id: string): StoredToken {
  const createdAt = "2026-01-01T00:00:00.000Z";
  return { id, scope: "worker", services: ["web"], hashes: ["a"], createdAt, expiresAt: null };
}

export function event(message: string): StoreChange {
  const event: NewEvent = { at: "2026-01-01T00:00:00.000Z", kind: "leader-elected", message };
  return { kind: "event", event };
}

/** More than any store takes. */
function oversized(): StoreChange {
  const large = configuration("large");
  large.traffic.registration.allow = ["x".repeat(5 * 1024 * 1024)];
  return large;
}

function sorted(state: StoreState): unknown[] {
  return state.overrides.toSorted((a, b) => (a.service < b.service ? -1 : 1));
}

export function isStoreFailed(error: unknown): boolean {
  assert.ok(error instanceof SkeinError, String(error));
  assert.equal(error.code, "store-failed");
  return true;
}
