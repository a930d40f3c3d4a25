import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { inquiryStep, type Patience, type Tries, unhurried, urgent, withStoppedMs } from "./inquiry.ts";

/** Plays an inquiry, with a look each 20 ms; `connects` says which tries do at once. Tells the tries and the end. */
function play(
  patience: Patience,
  connects: (index: number) => boolean,
): { madeAt: number[]; silentAt: number } {
  let tries: Tries = { made: 0, connected: 0, lastAtMs: 0 };
  const madeAt: number[] = [];
  for (let now = 0; ; now += 20) {
    let step = inquiryStep(tries, now, patience);
    if (step.kind === "try") {
      const connected = tries.connected + (connects(madeAt.length) ? 1 : 0);
      tries = { made: madeAt.push(now), connected, lastAtMs: now };
      step = inquiryStep(tries, now, patience);
    }
    if (step.kind === "silent") return { madeAt, silentAt: now };
  }
}

const all = (): boolean => true;
const none = (): boolean => false;
const odd = (index: number): boolean => index % 2 === 1;

test("all connect and none answers: the process is stopped, and that is soon known", () => {
  const { madeAt, silentAt } = play(urgent, all);
  assert.equal(silentAt, 260);
  assert.deepEqual(madeAt, [0, 40, 80, 120, 160, 200]);
});

test("none connects: ten are tried before the worker is called unreachable, within less than a second", () => {
  const { madeAt, silentAt } = play(urgent, none);
  assert.equal(silentAt, 600);
  assert.ok(madeAt.length >= 10);
});

test("some connect: the way loses packets, and the worker has more time", () => {
  assert.equal(play(urgent, odd).silentAt, 1_500);
});

test("without haste: five tries or so while none connects, one more where the first does not answer", () => {
  assert.deepEqual(play(unhurried(1_200), none), { madeAt: [0, 200, 400, 600, 800, 1_000], silentAt: 1_200 });
  assert.deepEqual(play(unhurried(1_000), none), { madeAt: [0, 180, 360, 540, 720], silentAt: 1_000 });
  assert.deepEqual(play(unhurried(1_000), all), { madeAt: [0, 340], silentAt: 1_000 });
  assert.equal(play(unhurried(1_000), odd).silentAt, 2_000);
});

test("a service that is usually quick leaves less time for an answer, and no other time changes", () => {
  assert.deepEqual(withStoppedMs(urgent, 100), { ...urgent, stoppedMs: 100 });
  assert.equal(withStoppedMs(urgent, 1_000), urgent);
});

test("whatever connects: it ends, never before its time, and each wait leads on", () => {
  const patiences = fc.constantFrom(urgent, unhurried(1_000), unhurried(50), withStoppedMs(urgent, 30));
  fc.assert(
    fc.property(patiences, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (patience, connects) => {
      const least = Math.min(patience.stoppedMs, patience.goneMs, patience.lossyMs);
      const { silentAt } = play(patience, (index) => connects[index] === true);
      assert.ok(silentAt >= least && silentAt <= patience.lossyMs + 20);
    }),
  );
});
