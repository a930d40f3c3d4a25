import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../runtime/clock.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { Signals } from "./signals.ts";

test("a signal that comes before anybody can act on it is kept, in its order", (context) => {
  forgetSignals(context);
  const signals = new Signals(systemClock);
  process.emit("SIGHUP");
  process.emit("SIGTERM");
  const done: string[] = [];
  signals.leadTo({ stop: () => done.push("stop"), reload: () => done.push("reload") });
  assert.deepEqual(done, ["reload", "stop"]);
  process.emit("SIGINT");
  assert.deepEqual(done, ["reload", "stop", "stop"]);
});

test("SIGHUP stops where the terminal has just gone, and reloads once it has been gone", async (context) => {
  forgetSignals(context);
  const time = new VirtualTime();
  let terminal = true;
  const done: string[] = [];
  new Signals(new VirtualProcess(time).clock, () => terminal).leadTo({
    stop: () => done.push("stop"),
    reload: () => done.push("reload"),
  });
  await time.run(10_000);
  process.emit("SIGHUP");
  assert.deepEqual(done.splice(0), ["reload"], "the terminal is there");
  terminal = false;
  process.emit("SIGHUP");
  assert.deepEqual(done.splice(0), ["stop"], "its end");
  await time.run(1_000);
  process.emit("SIGHUP");
  assert.deepEqual(done.splice(0), ["stop"], "a look fell between its end and the signal");
  await time.run(1_000);
  process.emit("SIGHUP");
  assert.deepEqual(done, ["reload"], "an operator's");
});

test("a second signal counts; one that comes at once is the first's echo", async (context) => {
  forgetSignals(context);
  const time = new VirtualTime();
  let stops = 0;
  new Signals(new VirtualProcess(time).clock).leadTo({ stop: () => (stops += 1), reload: () => undefined });
  for (const [signal, waitMs, counted] of [
    ["SIGINT", 0, 1],
    ["SIGINT", 499, 1],
    ["SIGTERM", 0, 2],
    ["SIGINT", 1, 3],
  ] as const) {
    await time.run(waitMs);
    process.emit(signal);
    assert.equal(stops, counted);
  }
});

function forgetSignals(context: TestContext): void {
  context.after(() => {
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.removeAllListeners(name);
  });
}
