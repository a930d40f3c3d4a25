import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../runtime/clock.ts";
import { Deadline, TimerWheel } from "./timer-wheel.ts";

/** A clock whose ticks the test makes by hand. */
function manualClock() {
  let now = 1000;
  let tick = () => {};
  const pending: (() => void)[] = [];
  const clock: Clock = {
    now: () => now,
    wallTime: () => "",
    after: () => ({ cancel() {} }),
    every(_ms, fire) {
      tick = fire;
      return { cancel() {} };
    },
    afterPendingInput: (fire) => void pending.push(fire),
  };
  return {
    clock,
    pending,
    advance(ms: number) {
      now += ms;
      tick();
    },
    steps(count: number, ms: number) {
      for (let step = 0; step < count; step++) this.advance(ms);
    },
  };
}

test("a deadline fires once, not before its time and at most a tick later", () => {
  const time = manualClock();
  const wheel = new TimerWheel(time.clock, 20);
  const fired: number[] = [];
  const deadline = new Deadline(wheel, (now) => fired.push(now));
  deadline.setAt(1105);
  time.steps(5, 20);
  assert.deepEqual(fired, []);
  time.steps(50, 20);
  assert.deepEqual(fired, [1120]);
});

test("setting it later moves it; setting it sooner too", () => {
  const time = manualClock();
  const wheel = new TimerWheel(time.clock, 20);
  const fired: number[] = [];
  const deadline = new Deadline(wheel, (now) => fired.push(now));
  deadline.setAt(1100);
  deadline.setAt(1400);
  time.steps(15, 20);
  assert.deepEqual(fired, []);
  deadline.setAt(1340);
  time.steps(2, 20);
  assert.deepEqual(fired, [1340]);
});

test("a deadline beyond one turn of the wheel waits for its turn", () => {
  const time = manualClock();
  const wheel = new TimerWheel(time.clock, 20);
  const fired: number[] = [];
  new Deadline(wheel, (now) => fired.push(now)).setAt(1000 + 30_000);
  time.steps(1499, 20);
  assert.deepEqual(fired, []);
  time.steps(1, 20);
  assert.deepEqual(fired, [31_000]);
});

test("cleared and disposed deadlines do not fire, also when cleared by one of the same slot", () => {
  const time = manualClock();
  const wheel = new TimerWheel(time.clock, 20);
  const fired: string[] = [];
  const cleared = new Deadline(wheel, () => fired.push("cleared"));
  const disposed = new Deadline(wheel, () => fired.push("disposed"));
  const first = new Deadline(wheel, () => {
    fired.push("first");
    cleared.clear();
  });
  cleared.setAt(1050);
  disposed.setAt(1050);
  first.setAt(1050);
  disposed.dispose();
  time.steps(10, 20);
  assert.deepEqual(fired, ["first"]);
});

test("after a pause of the process the sockets are read before anything fires", () => {
  const time = manualClock();
  const pauses: number[] = [];
  const wheel = new TimerWheel(time.clock, 20, (ms) => pauses.push(ms));
  let fired = 0;
  new Deadline(wheel, () => (fired += 1)).setAt(1100);
  time.advance(5000);
  assert.equal(fired, 0);
  assert.equal(time.pending.length, 1);
  time.pending[0]?.();
  assert.equal(fired, 1);
  assert.deepEqual(pauses, [4980]);
});

test("its size is what lies in it", () => {
  const time = manualClock();
  const wheel = new TimerWheel(time.clock, 20);
  const [early, moved, disposed, cleared] = Array.from({ length: 4 }, () => new Deadline(wheel, () => {}));
  for (const deadline of [early, moved, disposed, cleared]) deadline!.setAt(1100);
  assert.equal(wheel.size, 4);
  moved!.setAt(5000);
  disposed!.dispose();
  disposed!.dispose();
  cleared!.clear();
  assert.equal(wheel.size, 3);
  time.steps(10, 20);
  assert.equal(wheel.size, 1);
  time.steps(300, 20);
  assert.equal(wheel.size, 0);
});

test("a deadline that throws is told, and keeps none of the others from firing", () => {
  const time = manualClock();
  const failed: unknown[] = [];
  const wheel = new TimerWheel(time.clock, 20, undefined, (error) => failed.push(error));
  const fault = new Error("a fault of ours");
  const fired: string[] = [];
  const throwing = (): never => {
    throw fault;
  };
  for (const fire of [() => fired.push("one"), throwing, () => fired.push("two"), throwing])
    new Deadline(wheel, fire).setAt(1015);
  time.steps(3, 20);
  assert.deepEqual(fired.toSorted(), ["one", "two"]);
  assert.deepEqual(failed, [fault, fault]);
});
