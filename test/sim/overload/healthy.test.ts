import assert from "node:assert/strict";
import { test } from "node:test";
import type { Random } from "../../../src/runtime/random.ts";
import { exponential } from "../balance/behaviour.ts";
import { experiment, type Fate, isServed, quantileMs, type Setting, type Stream } from "./experiment.ts";
import { byDefault } from "./populations.ts";

// Virtual time and seeds: each outcome is the same on every machine.
const workers = 3;
const slots = 8;
const serviceMs = 20;
const capacityPerSecond = (workers * slots * 1_000) / serviceMs;
const rules = byDefault;

function stream(tenant: number, share: number, fromMs: number, untilMs: number): Stream {
  return { tenant, priority: "normal", perSecond: share * capacityPerSecond, fromMs, untilMs };
}

const minutes = 5;

/** Nobody of these drowns: whatever the limit thinks that it sees, it must not be felt. */
const healthy: [string, Omit<Setting, "rules">][] = [
  [
    "three of four places taken, exponential times",
    {
      workers,
      slots,
      workMs: (chance) => exponential(serviceMs, chance),
      streams: [stream(1, 0.75, 0, minutes * 60_000)],
    },
  ],
  [
    "one answer of a hundred takes a hundred times as long",
    {
      workers,
      slots: 100,
      workMs: (chance) => (chance() < 0.01 ? 500 : 5),
      streams: [stream(1, 1, 0, minutes * 60_000)],
    },
  ],
  [
    "half of the answers come from a cache",
    {
      workers,
      slots: 200,
      workMs: (chance) => (chance() < 0.5 ? 1 : 50),
      streams: [stream(1, 1.5, 0, minutes * 60_000)],
    },
  ],
  [
    "few requests, very different",
    {
      workers,
      slots,
      workMs: (chance) => serviceMs * Math.exp(3 * (chance() - 0.5)),
      streams: [stream(1, 0.005, 0, 60 * 60_000)],
    },
  ],
  [
    "bursts after idle times",
    {
      workers,
      slots: 500,
      workMs: () => serviceMs,
      streams: Array.from({ length: 20 }, (_, at) => stream(1, 5, at * 10_000, at * 10_000 + 500)),
    },
  ],
  [
    "everything takes four times as long from one moment on, and there is place enough",
    {
      workers,
      slots: 200,
      workMs: (_chance, atMs) => (atMs < 60_000 ? serviceMs : 4 * serviceMs),
      streams: [stream(1, 2, 0, 2 * 60_000)],
    },
  ],
];

/** So many of `longMs` are open at a time, beside short ones; none yet while the gateway learns what is usual. */
function longOnes(open: number, longMs: number, perSecond: number): Omit<Setting, "rules"> {
  const share = open / (longMs / 1_000) / perSecond;
  return {
    workers,
    slots: 5_000,
    workMs: (chance, atMs) => (atMs > 20_000 && chance() < share ? longMs : 5 + 5 * chance()),
    streams: [{ ...stream(1, 1, 0, 3 * 60_000), perSecond }],
  };
}

/** All of them come within a moment, again and again: as when what they wait for happens. */
function longOnesAtOnce(open: number, longMs: number, perSecond: number): Omit<Setting, "rules"> {
  const setting = longOnes(0, longMs, perSecond);
  const begins = [1, 2, 3, 4, 5, 6].map((time) => time * longMs);
  const isLong = (atMs: number): boolean => begins.some((from) => atMs >= from && atMs < from + 50);
  return {
    ...setting,
    workMs: (chance, atMs) => (isLong(atMs) ? longMs : 5 + 5 * chance()),
    streams: [
      ...setting.streams,
      ...begins.map((from) => ({ ...stream(2, 1, from, from + 50), perSecond: (open * 1_000) / 50 })),
    ],
  };
}

const polled: [string, Omit<Setting, "rules">][] = [
  ["60 long polls of 20 s, 150/s short", longOnes(60, 20_000, 150)],
  ["18 long polls of 20 s, 150/s short", longOnes(18, 20_000, 150)],
  ["60 slow reports of 2 s, 150/s short", longOnes(60, 2_000, 150)],
  ["300 long polls of 25 s, 1,000/s short", longOnes(300, 25_000, 1_000)],
  ["60 long polls of 20 s, 20/s short", longOnes(60, 20_000, 20)],
  ["three of ten hang for 20 s, 300/s short", longOnes(1_800, 20_000, 300)],
  ["60 long polls of 20 s at once, again and again", longOnesAtOnce(60, 20_000, 150)],
  ["300 long polls of 20 s at once, again and again", longOnesAtOnce(300, 20_000, 1_000)],
];

for (const [what, setting] of polled) {
  healthy.push([what, { ...setting, mute: true }], [`${what}, by the SDK`, setting]);
}

for (const [what, setting] of healthy) {
  test(`a healthy service is not held up: ${what}`, (context) => {
    const fates = experiment({ ...setting, rules }, 1);
    assert.ok(fates.every(isServed), `${fates.filter((fate) => !isServed(fate)).length} refused`);
    const heldUp = fates.filter(({ waitedMs = 0 }) => waitedMs > 0).length / fates.length;
    const worstMs = fates.reduce((most, { waitedMs = 0 }) => Math.max(most, waitedMs), 0);
    context.diagnostic(`${(100 * heldUp).toFixed(3)} % waited, at most ${worstMs.toFixed(0)} ms`);
    assert.ok(heldUp <= 0.005, `${heldUp} waited`);
  });
}

for (const percent of [5, 10, 30]) {
  test(`a minute in which ${percent} % of the packets are lost: nobody is held up on top of that`, (context) => {
    const begins = 20_000;
    const ends = begins + 60_000;
    const setting = {
      workers,
      slots,
      workMs: (chance: Random) => serviceMs * (0.8 + 0.4 * chance()),
      lossShare: (atMs: number) => (atMs >= begins && atMs < ends ? percent / 100 : 0),
      // As many as `npm run faults` asks, and a service of which a third is taken.
      streams: [stream(1, percent > 10 ? 0.08 : 0.33, 0, ends + 20_000)],
    };
    const fates = [1, 2, 3, 4, 5].flatMap((seed) => experiment({ ...setting, rules }, seed));
    const heldUp = fates.filter(({ waitedMs = Infinity }) => waitedMs > 0).length / fates.length;
    context.diagnostic(`${(100 * heldUp).toFixed(3)} % waited or were refused`);
    assert.ok(fates.every(isServed), `${fates.filter((fate) => !isServed(fate)).length} refused`);
    assert.ok(heldUp <= 0.005, `${heldUp} waited`);
  });
}

const odd: [string, Partial<Setting>][] = [
  ["one ten times as slow", { behaviours: [{ kind: "steady", speed: 0.1 }] }],
  [
    "one slow, one that stands still for 400 ms of each second",
    {
      behaviours: [
        { kind: "steady", speed: 0.1 },
        { kind: "stalls", forMs: 400, everyMs: 1_000 },
      ],
    },
  ],
  [
    "all stand still for 20 to 120 ms every two seconds",
    {
      behaviours: Array.from({ length: 5 }, () => ({
        kind: "collects",
        everyMs: 2_000,
        leastMs: 20,
        mostMs: 120,
      })),
    },
  ],
];

for (const [what, more] of odd) {
  test(`five workers, ${what}, at two thirds of what they can do: the limit makes nothing worse`, (context) => {
    const base: Setting = {
      workers: 5,
      slots: 4,
      workMs: (chance) => exponential(serviceMs, chance),
      streams: [stream(1, 0.66 * 0.6, 0, 2 * 60_000)],
      rules,
      ...more,
    };
    const [limited, free] = [rules, { ...rules, limit: undefined }].map((each) =>
      experiment({ ...base, rules: each }, 1),
    ) as [Fate[], Fate[]];
    assert.ok(limited.every(isServed));
    const [p99, freeP99] = [limited, free].map((fates) => quantileMs(fates, 0.99)) as [number, number];
    context.diagnostic(`p99 ${p99.toFixed(1)} ms, without a limit ${freeP99.toFixed(1)} ms`);
    assert.ok(p99 <= 1.1 * freeP99, `${p99} ms, not ${freeP99} ms`);
  });
}
