import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualProcess, VirtualTime } from "./virtual-time.ts";

test("runs what is due in the order of time, then of scheduling", async () => {
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const log: string[] = [];
  clock.after(20, () => log.push(`c at ${clock.now()}`));
  clock.after(10, () => log.push(`a at ${clock.now()}`));
  clock.after(10, () => log.push(`b at ${clock.now()}`));
  clock.after(30, () => log.push("never")).cancel();
  await time.run(40);
  assert.deepEqual(log, ["a at 10", "b at 10", "c at 20"]);
  assert.equal(clock.now(), 40);
});

test("lets promises settle between two timers", async () => {
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const log: string[] = [];
  clock.after(1, () => {
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => log.push("promise"));
  });
  clock.after(1, () => log.push("timer"));
  await time.run(1);
  assert.deepEqual(log, ["promise", "timer"]);
});

test("a stopped process runs nothing; when it goes on, timers first, each repeating one once, then messages", async () => {
  const time = new VirtualTime();
  const process = new VirtualProcess(time);
  const log: string[] = [];
  process.clock.every(10, () => log.push(`tick ${process.clock.now()}`));
  await time.run(10);
  process.stop();
  process.deliver(() => log.push("message"));
  await time.run(95);
  process.continue();
  process.clock.afterPendingInput(() => log.push("after input"));
  await time.run(15);
  assert.deepEqual(log, ["tick 10", "tick 105", "message", "after input", "tick 115"]);
});

test("a killed process runs nothing any more", async () => {
  const time = new VirtualTime();
  const process = new VirtualProcess(time);
  process.clock.after(5, () => assert.fail("dead"));
  process.kill();
  process.deliver(() => assert.fail("dead"));
  process.continue();
  await time.run(10);
  assert.equal(process.state, "dead");
});

test("runUntil tells whether the condition came", async () => {
  const time = new VirtualTime();
  let done = false;
  time.at(50, () => (done = true));
  assert.equal(await time.runUntil(() => done, 40), false);
  assert.equal(await time.runUntil(() => done, 40), true);
  assert.equal(time.nowMs, 50);
});
