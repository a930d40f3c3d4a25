import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  afterConnectTimeout,
  afterFailure,
  afterProbePassed,
  afterRefused,
  afterReset,
  afterStall,
  afterSuccess,
  afterTrialAborted,
  afterTrialBegan,
  atTime,
  type LocalHealth,
  newHealth,
  returnsCold,
  speaksBroken,
  strengthOf,
  trialOf,
} from "./health.ts";

const events: Record<string, (state: LocalHealth, now: number) => LocalHealth> = {
  refused: afterRefused,
  reset: afterReset,
  "connect timeout": afterConnectTimeout,
  stall: afterStall,
  failure: afterFailure,
  success: afterSuccess,
  "probe passed": afterProbePassed,
  "trial began": (state) => afterTrialBegan(state),
  "trial aborted": (state) => afterTrialAborted(state),
  look: atTime,
};

/** Runs `time event` lines; tells the state as `ok`, `out cause until`, or `probation cause trial`. */
function run(...lines: string[]): string {
  let state = newHealth(0);
  for (const line of lines) {
    const [time = "", ...words] = line.split(" ");
    const event = events[words.join(" ")];
    assert.ok(event !== undefined, line);
    state = event(state, Number(time));
  }
  if (state.kind === "ok") return "ok";
  if (state.kind === "out") return `out ${state.cause} ${state.until}`;
  return `probation ${state.cause} ${trialOf(state) ?? "-"}`;
}

const failures = (count: number, at: number): string[] =>
  Array.from({ length: count }, () => `${at} failure`);
const successes = (count: number, at: number): string[] =>
  Array.from({ length: count }, () => `${at} success`);

const scenarios: [string, string[], string][] = [
  ["four failures in a row are borne", failures(4, 10), "ok"],
  ["five are not: out for 5 s", failures(5, 10), "out failing 5010"],
  ["a success ends the row", [...failures(4, 10), "11 success", ...failures(4, 12)], "ok"],
  [
    "over half of ten within ten seconds",
    [1000, 2000, 3000, 4000]
      .flatMap((at) => [`${at} failure`, `${at} success`])
      .concat("5000 failure", "5000 success", "5000 failure"),
    "out failing 10000",
  ],
  [
    "what happened over ten seconds ago does not count",
    [
      ...failures(4, 1000),
      ...successes(4, 1500),
      ...failures(2, 12_000),
      ...successes(1, 12_000),
      ...failures(3, 12_500),
    ],
    "ok",
  ],
  ["a soft ejection ends with a canary", [...failures(5, 0), "4999 look"], "out failing 5000"],
  ["a soft ejection ends with a canary", [...failures(5, 0), "5000 look"], "probation failing canary"],
  ["one canary at a time", [...failures(5, 0), "5000 look", "5001 trial began"], "probation failing -"],
  [
    "an aborted canary may be repeated",
    [...failures(5, 0), "5000 look", "5001 trial began", "5002 trial aborted"],
    "probation failing canary",
  ],
  ["the canary is answered", [...failures(5, 0), "5000 look", "5001 trial began", "5002 success"], "ok"],
  [
    "the canary fails: out for twice as long",
    [...failures(5, 0), "5000 look", "5001 trial began", "5002 failure"],
    "out failing 15002",
  ],
  ["a late answer does not shorten an ejection", [...failures(5, 0), "1 success"], "out failing 5000"],
  ["refused: out until a probe, the first after 100 ms", ["0 refused", "99 look"], "out refused 100"],
  [
    "refused: out until a probe, the first after 100 ms",
    ["0 refused", "100 look"],
    "probation refused probe",
  ],
  ["the probe passes", ["0 refused", "100 look", "101 trial began", "102 probe passed"], "ok"],
  [
    "the probe is refused: the next in 200 ms",
    ["0 refused", "100 look", "101 trial began", "102 refused"],
    "out refused 302",
  ],
  [
    "a probe that times out does not soften a refusal",
    ["0 refused", "100 look", "101 trial began", "1101 connect timeout"],
    "out refused 1301",
  ],
  ["a late answer does not bring a reset worker back", ["0 reset", "1 success"], "out reset 100"],
  [
    "stalled: a connect is no proof of life",
    ["0 stall", "5000 look", "5001 probe passed"],
    "probation stalled canary",
  ],
  ["stalled: any answered byte is", ["0 stall", "300 success"], "ok"],
  ["hard evidence replaces soft", ["0 stall", "50 refused"], "out refused 150"],
  ["soft evidence does not replace hard", ["0 refused", "50 stall"], "out refused 100"],
  [
    "who only dropped a connection goes on with the failures it had",
    [...failures(4, 10), "10 reset", "11 probe passed", "12 failure"],
    "out failing 5012",
  ],
  [
    "a reset and a connect do not bring back who failed",
    [...failures(5, 0), "1 reset", "2 probe passed"],
    "out failing 5000",
  ],
  ["a stall replaces other soft evidence", ["0 connect timeout", "50 stall"], "out stalled 5050"],
];

for (const [name, lines, expected] of scenarios) {
  test(`${name}: ${expected}`, () => assert.equal(run(...lines), expected));
}

test("ejections get longer up to a minute, and one is forgiven with each calm one", () => {
  let state = newHealth(0);
  let now = 0;
  const lengths: number[] = [];
  for (let round = 0; round < 14; round += 1) {
    state = afterStall(state, now);
    assert.ok(state.kind === "out");
    lengths.push(state.until - now);
    now = state.until + 1;
    state = afterSuccess(atTime(state, now), now);
  }
  assert.deepEqual(lengths.slice(0, 3), [5_000, 10_000, 15_000]);
  assert.equal(Math.max(...lengths), 60_000);
  now += 11 * 60_000;
  state = afterStall(state, now);
  assert.ok(state.kind === "out" && state.until - now === 10_000);
  now = state.until + 1;
  state = afterStall(afterSuccess(atTime(state, now), now), now + 2 * 60_000);
  assert.ok(state.kind === "out" && state.until - now - 2 * 60_000 === 5_000);
});

test("whatever happens: bounded ejections, and hard ones never end by an answer", () => {
  const step = fc.record({
    event: fc.constantFrom(...Object.keys(events)),
    waitMs: fc.integer({ min: 0, max: 7000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state = newHealth(0);
      let now = 0;
      for (const { event, waitMs } of steps) {
        now += waitMs;
        const before = state;
        state = events[event]?.(state, now) ?? state;
        if (state.kind === "out") assert.ok(state.until - now <= 60_000);
        if (before.kind !== "ok" && strengthOf(before.cause) === "hard" && state.kind === "ok") {
          assert.equal(event, "probe passed");
        }
        if (before.kind !== "ok" && before.cause === "stalled" && state.kind === "ok") {
          assert.equal(event, "success");
        }
      }
    }),
  );
});

test("who was away comes back cold; a dropped connection, or a moment of silence, is not away", () => {
  const refused = afterRefused(newHealth(0), 0);
  const reset = afterReset(newHealth(0), 0);
  const stalled = afterStall(newHealth(0), 0);
  let failing = newHealth(0);
  for (let step = 0; step < 5; step += 1) failing = afterFailure(failing, 0);
  assert.deepEqual([refused, reset, stalled].map(returnsCold), [true, false, false]);
  assert.deepEqual(
    [refused, reset, stalled, failing].map((state) => returnsCold(atTime(state, 60_000))),
    [true, true, true, true],
  );
});

for (const [what, headAt, now, expected] of [
  ["that began a moment ago speaks", 20_001, 20_002, true],
  ["that began before the worker came back does not", 19_000, 20_500, false],
  ["nor does the one by which it came back", 20_000, 20_001, false],
  ["nor one that began ten seconds ago", 20_001, 30_001, false],
] as const) {
  test(`an answer broken off ${what}`, () => {
    assert.equal(speaksBroken(newHealth(20_000, 1), headAt, now), expected);
  });
}
