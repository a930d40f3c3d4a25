import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreChange } from "../store/store.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { EventLog } from "./event-log.ts";

function leading() {
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const written: { at: number; events: number }[] = [];
  const log = new EventLog({
    store: {
      write: (_lease, changes: readonly StoreChange[]) => {
        written.push({ at: clock.now(), events: changes.length });
        return Promise.resolve("ok" as const);
      },
      events: () => Promise.resolve([]),
    },
    clock,
    lease: () => ({ holder: "a", term: 1 }),
    lastEventId: () => 0,
    staleTerm: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  const add = (count: number): void => {
    for (let index = 0; index < count; index += 1)
      log.add({ kind: "worker-joined", service: "web", worker: `w-${index}`, message: "joined" });
  };
  return { time, written, add, startedAt: clock.now() };
}

test("few events are written within 20 ms, a crowd's four times a second", async () => {
  const { time, written, add, startedAt } = leading();
  add(3);
  await time.run(20);
  assert.deepEqual(written, [{ at: startedAt + 20, events: 3 }]);
  for (let turn = 0; turn < 100; turn += 1) {
    add(10);
    await time.run(10);
  }
  await time.run(1_000);
  assert.equal(
    written.reduce((sum, { events }) => sum + events, 0),
    1_003,
  );
  assert.ok(written.length <= 8, `${written.length} writes`);
  add(1);
  await time.run(1_000);
  add(1);
  await time.run(20);
  assert.equal(written.at(-1)?.events, 1);
});
