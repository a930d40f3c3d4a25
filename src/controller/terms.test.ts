import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreState } from "../store/store.ts";
import { termNumbers, Terms } from "./terms.ts";

const state: StoreState = {
  configuration: undefined,
  overrides: [],
  tokens: [],
  leadership: { holder: "a", term: 3, beat: 1 },
  events: { firstId: 0, lastId: 0 },
};

/** A controller that leads with this term, or does not lead. */
function controllerOf(leads: number | undefined) {
  const told = { peers: [] as { term: number }[], revision: 1, inStore: 1, resigned: [] as number[], now: 0 };
  const terms = new Terms({
    clock: { now: () => told.now },
    store: {
      read: () => Promise.resolve(state),
      resign: ({ term }) => {
        told.resigned.push(term);
        return Promise.resolve("ok");
      },
    },
    election: {
      lease: leads === undefined ? undefined : { holder: "a", term: leads },
      role: { kind: "standby", leader: null, term: 2 },
    },
    peers: {
      announce: () => undefined,
      get peers() {
        return told.peers.map(({ term }) => ({ ...anyPeer, term }));
      },
    },
    registry: {
      get revision() {
        return told.revision;
      },
    },
    shared: {
      state,
      read: () => void (told.revision = told.inStore),
      failed: (error) => {
        throw error;
      },
    },
  });
  return { terms, told };
}

const anyPeer = { controller: "b", name: "controller-2", home: undefined, url: "", leader: false };

test("the highest is of the store, the peers, or what anybody has seen", () => {
  const { terms, told } = controllerOf(undefined);
  assert.deepEqual([terms.known, terms.highest], [3, 3]);
  told.peers.push({ term: 7 }, { term: 5 });
  assert.deepEqual([terms.known, terms.highest], [7, 7]);
  terms.saw(9);
  terms.saw(8);
  assert.deepEqual([terms.known, terms.highest], [7, 9]);
});

test("a leader gives the seat up to lead above a higher term, not for its own", () => {
  const { terms, told } = controllerOf(3);
  terms.saw(2);
  terms.saw(3);
  assert.deepEqual(told.resigned, []);
  terms.saw(4);
  assert.deepEqual(told.resigned, [3]);
});

test("of its own term a leader gives way to a revision that the store does not know either", async () => {
  const { terms, told } = controllerOf(3);
  terms.sawTable({ term: 3, revision: 1 });
  told.inStore = 2;
  terms.sawTable({ term: 3, revision: 2 });
  await Promise.resolve();
  assert.deepEqual([told.resigned, told.revision], [[], 2], "it only had to read");
  terms.sawTable({ term: 3, revision: 5 });
  await Promise.resolve();
  assert.deepEqual(told.resigned, [3]);
});

test("a standby has nothing to give up", () => {
  const { terms, told } = controllerOf(undefined);
  terms.sawTable({ term: 9, revision: 9 });
  assert.deepEqual(told.resigned, []);
});

test("proxies of other hosts are heard too, but not again and again, and of no term that nobody reaches", () => {
  const { terms, told } = controllerOf(3);
  const elsewhere = (term: number): number => {
    terms.sawTableElsewhere({ term, revision: 1 });
    return terms.highest;
  };
  assert.equal(elsewhere(Number.MAX_SAFE_INTEGER), 3);
  assert.equal(elsewhere(3), 3, "what is known here is no news");
  assert.equal(elsewhere(41), 41);
  assert.deepEqual(told.resigned, [3]);
  assert.equal(elsewhere(42), 41);
  told.now += termNumbers.elsewhereEveryMs;
  assert.equal(elsewhere(42), 42);
});
