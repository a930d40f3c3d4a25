import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEvent } from "../protocol/events.ts";
import { EventPump } from "./event-pump.ts";

/** A store with as many events, and what a reader has been told of it. */
function pumped({ there, afterId, toldFirst }: { there: number; afterId: number; toldFirst?: number }) {
  const store = { lastId: there, knownHere: there };
  const told: number[] = [];
  const events = (after: number, limit: number): Promise<ClusterEvent[]> => {
    const ids = Array.from({ length: store.lastId }, (_, index) => index + 1).filter((id) => id > after);
    return Promise.resolve(
      ids.slice(0, limit).map((id) => ({ id, at: "", term: 1, kind: "worker-live", message: "" })),
    );
  };
  const ports = { events, lastEventId: () => store.knownHere };
  const reader = {
    take: ({ id }: ClusterEvent) => told.push(id),
    failed: () => assert.fail("the store can be read"),
    gone: () => false,
  };
  const pump = new EventPump(ports, reader, afterId, toldFirst);
  const advance = async (): Promise<number[]> => {
    pump.advance();
    await new Promise((done) => setImmediate(done));
    return told.splice(0);
  };
  return { store, advance };
}

test("events come in order and each once, however far behind this controller's own view is", async () => {
  const { store, advance } = pumped({ there: 3, afterId: 1 });
  assert.deepEqual(await advance(), [2, 3]);
  Object.assign(store, { lastId: 6, knownHere: 4 });
  assert.deepEqual(await advance(), [4, 5, 6]);
  store.knownHere = 5;
  assert.deepEqual(await advance(), []);
  Object.assign(store, { lastId: 7, knownHere: 7 });
  assert.deepEqual(await advance(), [7]);
});

test("when ids go back the stream goes on with the history that counts now", async () => {
  const { store, advance } = pumped({ there: 500, afterId: 498 });
  assert.deepEqual(await advance(), [499, 500]);
  Object.assign(store, { lastId: 2, knownHere: 2 });
  assert.deepEqual(await advance(), [1, 2]);
  Object.assign(store, { lastId: 3, knownHere: 3 });
  assert.deepEqual(await advance(), [3]);
});

test("also for a reader that comes with an id of the history before, and as far back as it wants", async () => {
  assert.deepEqual(await pumped({ there: 3, afterId: 500 }).advance(), [1, 2, 3]);
  assert.deepEqual(await pumped({ there: 30, afterId: 500, toldFirst: 2 }).advance(), [29, 30]);
});

test("whenever one more is told of while a page is read, it comes", async () => {
  for (let microtasks = 0; microtasks < 20; microtasks += 1) {
    const { store, advance } = pumped({ there: 1, afterId: 0 });
    const both = advance();
    for (let passed = 0; passed < microtasks; passed += 1) await Promise.resolve();
    Object.assign(store, { lastId: 2, knownHere: 2 });
    const later = advance();
    assert.deepEqual([...(await both), ...(await later)], [1, 2], `after ${microtasks} microtasks`);
  }
});
