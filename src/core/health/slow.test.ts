import assert from "node:assert/strict";
import { test } from "node:test";
import { newPace, notePace, type Pace, slowAmong, slowNumbers, usualMs } from "./slow.ts";

function paceOf(ms: number, answers = 40, slowLooks = 0): Pace {
  const pace = newPace();
  for (let at = 0; at < answers; at += 1) notePace(pace, ms);
  return { ...pace, slowLooks };
}

/** The times of those that go out at the third look, all the same in each. */
function outAtThird(times: readonly number[], { out = 0, answers = 40 } = {}): number[] {
  const live = times.map((ms) => ({ ms, pace: paceOf(ms, answers, 2), onTrial: false, warming: false }));
  return slowAmong(live, { out, all: times.length + out }).map(({ ms }) => ms);
}

const cases: [string, times: number[], expected: number[]][] = [
  ["ten times as slow", [20, 20, 20, 20, 200], [200]],
  ["half as fast", [20, 20, 20, 20, 40], []],
  ["a quarter as fast", [20, 20, 20, 20, 80], []],
  ["heterogeneous from double to half the speed", [10, 10, 20, 20, 40, 40], []],
  ["ten times as slow, and nobody would notice", [1, 1, 1, 1, 10], []],
  ["all are slow", [500, 500, 500, 500, 500], []],
  ["two of five: that is how the service is", [20, 20, 20, 300, 200], []],
  ["two of three", [20, 200, 200], []],
  ["one of two: nobody knows who is right", [20, 200], []],
  ["two of ten", [20, 20, 20, 20, 20, 20, 20, 20, 200, 300], [300, 200]],
  ["three of ten: a fifth goes, the slowest", [20, 20, 20, 20, 20, 20, 20, 200, 300, 400], [400, 300]],
];
for (const [name, times, expected] of cases) {
  test(`${name}: ${expected.length === 0 ? "nobody goes" : `${expected.join(", ")} go`}`, () =>
    assert.deepEqual(outAtThird(times), expected));
}

test("those that are out count: not one more than a fifth", () => {
  assert.deepEqual(outAtThird([20, 20, 20, 200], { out: 1 }), []);
  assert.deepEqual(outAtThird([20, 20, 20, 20, 20, 20, 20, 20, 200], { out: 1 }), [200]);
});

test("three looks in a row are needed, and one that was well in between begins anew", () => {
  const odd = { pace: newPace(), onTrial: false, warming: false };
  const live = [
    odd,
    ...Array.from({ length: 4 }, () => ({ pace: newPace(), onTrial: false, warming: false })),
  ];
  const look = (oddMs: number): boolean => {
    // All that was before is forgotten: each look is that of the last second alone.
    for (const each of live) {
      const { slowLooks } = each.pace;
      Object.assign(each.pace, paceOf(each === odd ? oddMs : 20, 40, slowLooks));
    }
    return slowAmong(live, { out: 0, all: 5 }).length > 0;
  };
  const looks = [200, 200, 20, 200, 200, 200].map((ms) => look(ms));
  assert.deepEqual(looks, [false, false, false, false, false, true]);
});

test("few answers prove nothing, unless it was out not long ago: then one look is enough", () => {
  assert.deepEqual(outAtThird([20, 20, 20, 20, 200], { answers: slowNumbers.first.answersMin - 1 }), []);
  const back = [20, 20, 20, 20].map((ms) => ({ pace: paceOf(ms), onTrial: false, warming: false }));
  const odd = { pace: paceOf(200, slowNumbers.onTrial.answersMin), onTrial: true, warming: true };
  assert.deepEqual(slowAmong([...back, odd], { out: 0, all: 5 }), [odd]);
});

test("a worker in slow start may be slow", () => {
  const others = [20, 20, 20, 20].map((ms) => ({ pace: paceOf(ms), onTrial: false, warming: false }));
  const cold = { pace: paceOf(200, 40, 2), onTrial: false, warming: true };
  assert.deepEqual(slowAmong([...others, cold], { out: 0, all: 5 }), []);
});

test("a few long requests make no slow worker", () => {
  const pace = paceOf(20, 95);
  for (let at = 0; at < 5; at += 1) notePace(pace, 30_000);
  assert.ok(usualMs(pace) < 5 * 20, String(usualMs(pace)));
});

test("what was long ago is forgotten", () => {
  const pace = paceOf(1_000, 100);
  const live = [{ pace, onTrial: false, warming: false }];
  for (let look = 0; look < 30; look += 1) slowAmong(live, { out: 0, all: 1 });
  for (let at = 0; at < 20; at += 1) notePace(pace, 10);
  assert.ok(Math.abs(usualMs(pace) - 10) < 1, String(usualMs(pace)));
});
