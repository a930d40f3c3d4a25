import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { type StoreState, StoreCorrupt } from "../store/store.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { SharedState } from "./shared-state.ts";

function stateOf(term: number): StoreState {
  return {
    configuration: undefined,
    overrides: [],
    tokens: [],
    leadership: { holder: "a", term, beat: 1 },
    events: { firstId: 0, lastId: 0 },
  };
}

const noRead = () => Promise.reject(new Error("busy"));

/** With what it tells, in order. */
function sharedStateOf(store: { lastKnown?: StoreState; read?: () => Promise<StoreState> }) {
  const told: string[] = [];
  const by = {
    lease: { holder: "a", term: 1 } as { holder: string; term: number } | undefined,
    stale: false,
  };
  const shared = new SharedState({
    store: {
      get lastKnown() {
        return store.lastKnown;
      },
      read: store.read ?? (() => Promise.resolve(stateOf(2))),
      watch: () => () => void told.push("unwatched"),
      write: () => Promise.resolve(by.stale ? "stale-term" : "ok"),
    },
    clock: new VirtualProcess(new VirtualTime()).clock,
    logger: { warn: (fields) => void told.push(`warned ${JSON.stringify(fields)}`) },
    election: () => ({ lease: by.lease, staleTerm: (term) => void told.push(`stale ${term}`) }),
    changed: (before, { leadership }) =>
      void told.push(`term ${before?.leadership.term} to ${leadership.term}`),
    corrupt: (error) => void told.push(`corrupt ${error.file}`),
    stopping: () => false,
  });
  return { shared, told, by };
}

test("it begins with what is known without asking, then with what the store says", async () => {
  const { shared, told } = sharedStateOf({ lastKnown: stateOf(1) });
  await shared.start();
  shared.stop();
  assert.deepEqual(told, ["term undefined to 1", "term 1 to 2", "unwatched"]);
  assert.equal(shared.state?.leadership.term, 2);
});

test("a store that does not answer at first is said to fail, and what is known of it holds", async () => {
  const { shared, told } = sharedStateOf({ lastKnown: stateOf(1), read: noRead });
  await shared.start();
  assert.deepEqual(told, ["term undefined to 1", 'warned {"error":"busy"}']);
});

test("what the store tells while it is asked in vain at first is not missed", async () => {
  const store = {
    lastKnown: stateOf(1),
    read: () => {
      store.lastKnown = stateOf(3);
      return noRead();
    },
  };
  const { shared, told } = sharedStateOf(store);
  await shared.start();
  assert.deepEqual(told, ["term undefined to 1", 'warned {"error":"busy"}', "term 1 to 3"]);
});

test("without anything known, or where the store must not be used, it does not begin", async () => {
  await assert.rejects(() => sharedStateOf({ read: noRead }).shared.start(), /busy/);
  const corrupt = () => Promise.reject(new StoreCorrupt("skein.db", "torn"));
  await assert.rejects(
    () => sharedStateOf({ lastKnown: stateOf(1), read: corrupt }).shared.start(),
    StoreCorrupt,
  );
});

test("a leader's write is seen when it is done; who leads no more is told so, before or by it", async () => {
  const { shared, told, by } = sharedStateOf({});
  await shared.write([]);
  assert.deepEqual(told, ["term undefined to 2"]);
  const isLost = (error: unknown): boolean => error instanceof SkeinError && error.code === "no-leader";
  by.stale = true;
  await assert.rejects(() => shared.write([]), isLost);
  by.lease = undefined;
  await assert.rejects(() => shared.write([]), isLost);
  assert.deepEqual(told.slice(1), ["stale 1"]);
});

test("a write that is done is told as done, though the store cannot be read after it", async () => {
  const { shared, told } = sharedStateOf({ read: noRead });
  await shared.write([]);
  assert.deepEqual(told, ['warned {"error":"busy"}']);
});

test("a failure is said once for a while; a corrupt store ends it", () => {
  const { shared, told } = sharedStateOf({});
  shared.failed(new Error("full"));
  shared.failed(new Error("full"));
  shared.failed(new StoreCorrupt("skein.db", "torn"));
  assert.deepEqual(told, ['warned {"error":"full"}', "corrupt skein.db"]);
});
