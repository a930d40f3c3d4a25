import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test, type TestContext } from "node:test";
import { Sigterm } from "./signals.ts";
import { testingClock } from "./testing-clock.ts";

/** A process that is not this one: its exits are written down. */
class Signalled extends EventEmitter {
  readonly exits: number[] = [];

  readonly exit = ((code: number) => void this.exits.push(code)) as unknown as typeof process.exit;
}

/** Two copies of signal-exit, of versions 3 and 4, as they mark themselves. Each has a listener that waits for us. */
function loadSignalExit(t: TestContext, signalled: Signalled): void {
  const marks: [object, PropertyKey][] = [
    [process, "__signal_exit_emitter__"],
    [globalThis, Symbol.for("signal-exit emitter")],
  ];
  for (const [owner, name] of marks) {
    Object.defineProperty(owner, name, { value: { count: 1 }, configurable: true });
    t.after(() => Reflect.deleteProperty(owner, name));
    signalled.on("SIGTERM", () => undefined);
  }
}

function scene(work: () => Promise<void> = async () => undefined) {
  const signalled = new Signalled();
  const clock = testingClock();
  const sigterm = new Sigterm(signalled as unknown as typeof process, clock);
  let ended = 0;
  const undo = sigterm.add(async () => {
    ended += 1;
    await work();
  });
  const signal = async (): Promise<number> => {
    signalled.emit("SIGTERM");
    await new Promise(setImmediate);
    return ended;
  };
  return { signalled, clock, signal, undo };
}

test("nobody else listens: ends, and exits", async () => {
  const { signalled, signal } = scene();
  assert.equal(await signal(), 1);
  assert.deepEqual(signalled.exits, [0]);
});

test("asked twice it does not wait; a second signal that comes at once is the first's echo", async () => {
  const { signalled, clock, signal } = scene(async () => new Promise(() => undefined));
  await signal();
  clock.advance(499);
  await signal();
  assert.deepEqual(signalled.exits, []);
  clock.advance(1);
  await signal();
  assert.deepEqual(signalled.exits, [143]);
});

test("signal-exit waits for us: it is nobody who would end the process", async (t) => {
  const { signalled, signal } = scene();
  loadSignalExit(t, signalled);
  assert.equal(await signal(), 1);
  assert.deepEqual(signalled.exits, [0]);
});

test("somebody else listens, besides signal-exit: the exit is his, and where none comes that is told", async (t) => {
  const warned: (Error & { code?: string })[] = [];
  const hear = (warning: Error): void => void warned.push(warning);
  process.on("warning", hear);
  t.after(() => process.removeListener("warning", hear));
  const { signalled, clock, signal } = scene();
  loadSignalExit(t, signalled);
  signalled.once("SIGTERM", () => undefined);
  assert.equal(await signal(), 1);
  assert.deepEqual(signalled.exits, []);
  assert.equal(signalled.listenerCount("SIGTERM"), 2);
  clock.advance(60_000);
  await new Promise(setImmediate);
  assert.deepEqual(
    warned.map(({ code }) => code),
    ["skein-still-runs"],
  );
  assert.match(warned[0]?.message ?? "", /listens for SIGTERM \(1\)/);
});

test("taken back: the signal has its default effect again", () => {
  const { signalled, undo } = scene();
  undo();
  assert.equal(signalled.listenerCount("SIGTERM"), 0);
});
