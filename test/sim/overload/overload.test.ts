import assert from "node:assert/strict";
import { test } from "node:test";
import type { Priority } from "../../../src/core/admission/priority.ts";
import type { Random } from "../../../src/runtime/random.ts";
import type { Behaviour } from "../balance/behaviour.ts";
import {
  experiment,
  fairness,
  type Fate,
  isServed,
  quantileMs,
  type Setting,
  type Stream,
} from "./experiment.ts";
import { byDefault, capacityOf, type Population, populations, spreads } from "./populations.ts";

// Virtual time and seeds: each outcome is the same on every machine.
const calmMs = 10_000;
const overloadMs = 30_000;
const endMs = calmMs + overloadMs;
const afterMs = 5_000;
/** Who is not answered by then has gone; the workers do not hear of it, and serve what nobody waits for. */
const patienceMs = 1_000;
const polite = Array.from({ length: 9 }, (_, at) => at + 1);
const greedy = 10;
const critical = 11;

/** Calm, then three times what the workers can do, then calm again. A tenth of it is critical. */
function streamsFor(capacityPerSecond: number): Stream[] {
  const stream = (
    tenant: number,
    share: number,
    fromMs: number,
    untilMs: number,
    priority: Priority = "normal",
  ): Stream => ({ tenant, priority, perSecond: share * capacityPerSecond, fromMs, untilMs });
  return [
    stream(critical, 0.1, 0, endMs + afterMs, "critical"),
    ...polite.map((tenant) => stream(tenant, 0.05, 0, calmMs)),
    ...polite.map((tenant) => stream(tenant, 0.1, calmMs, endMs)),
    stream(greedy, 2, calmMs, endMs),
    ...polite.map((tenant) => stream(tenant, 0.05, endMs, endMs + afterMs)),
  ];
}

function settingOf(population: Population, spread: keyof typeof spreads, mute: boolean): Setting {
  const { slots, speeds, serviceMs } = population;
  return {
    workers: slots.length,
    slots,
    behaviours: slots.map((_, at) => ({ kind: "steady", speed: speeds?.[at] ?? 1 })),
    workMs: (chance) => spreads[spread](serviceMs, chance),
    mute,
    patienceMs,
    rules: byDefault,
    streams: streamsFor(capacityOf(population)),
  };
}

const during = (fates: readonly Fate[], fromMs: number, untilMs: number): Fate[] =>
  fates.filter(({ arrivedAt }) => arrivedAt >= fromMs && arrivedAt < untilMs);

const servedShare = (fates: readonly Fate[]): number => fates.filter(isServed).length / fates.length;

/**
 * What was done in each second for clients that were still there, in proportion to what the workers can do: of requests
 * that differ much in size, a second's number says less.
 */
function goodputs(fates: readonly Fate[], { slots, speeds }: Population): number[] {
  const perSecond = slots.reduce((sum, each, at) => sum + each * (speeds?.[at] ?? 1), 0) * 1_000;
  const seconds = Array.from({ length: overloadMs / 1_000 }, () => 0);
  for (const fate of fates) {
    const second = Math.floor((fate.endedAt - calmMs) / 1_000);
    if (isServed(fate) && second in seconds) seconds[second] = (seconds[second] ?? 0) + fate.workMs;
  }
  return seconds.map((workMs) => workMs / perSecond);
}

const rows = populations.flatMap((population, at) =>
  (Object.keys(spreads) as (keyof typeof spreads)[]).map((spread, which) => ({
    population,
    spread,
    // Workers that tell their load over a link, and those that are asked over HTTP/1.1.
    mute: (at + which) % 2 === 1,
    seed: 1 + at + which,
  })),
);

for (const { population, spread, mute, seed } of rows) {
  test(`three times the capacity for 30 s: ${population.what}, ${spread}, seed ${seed}`, (context) => {
    const fates = experiment(settingOf(population, spread, mute), seed);
    const goodput = goodputs(fates, population);
    const mean = goodput.reduce((sum, one) => sum + one, 0) / goodput.length;
    const least = Math.min(...goodput);
    const ofCritical = (fromMs: number, untilMs: number): Fate[] =>
      during(fates, fromMs, untilMs).filter((fate) => fate.stream.tenant === critical);
    const unloadedMs = quantileMs(ofCritical(calmMs / 2, calmMs), 0.99);
    const loadedMs = quantileMs(ofCritical(calmMs, endMs), 0.99);
    // The first second has the time until the queue inside the workers is noticed and gone.
    const steadyMs = quantileMs(ofCritical(calmMs + 1_000, endMs), 0.99);
    const overloaded = during(fates, calmMs, endMs).filter(isServed);
    const served = [...polite, greedy].map(
      (tenant) => overloaded.filter((fate) => fate.stream.tenant === tenant).length,
    );
    context.diagnostic(
      `goodput ${mean.toFixed(3)}, least ${least.toFixed(3)}; critical p99 ${unloadedMs.toFixed(0)} -> ${loadedMs.toFixed(0)}, from the second on ${steadyMs.toFixed(0)} ms; Jain ${fairness(served).toFixed(3)}`,
    );
    assert.ok(mean >= 0.95, `goodput ${mean}`);
    assert.ok(least >= 0.9, `goodput of a second ${goodput.map((each) => each.toFixed(2)).join(" ")}`);
    assert.ok(servedShare(during(fates, endMs, endMs + 1_000)) >= 0.9, "from the first second after it");
    assert.ok(servedShare(during(fates, endMs + 1_000, endMs + afterMs)) === 1, "then all");
    assert.ok(servedShare(ofCritical(calmMs, endMs)) >= 0.99);
    assert.ok(
      steadyMs <= (population.criticalRiseMax ?? 1.5) * unloadedMs,
      `p99 ${steadyMs} after ${unloadedMs} ms`,
    );
    assert.ok(fairness(served) >= 0.95, `Jain's index ${fairness(served)} of ${served.join(" ")}`);
  });
}

const begun = { what: "three that serve eight at once", slots: [8, 8, 8], serviceMs: 20 };
const capacityPerSecond = capacityOf(begun);

for (const times of [1.05, 1.2, 3]) {
  test(`${times} times the capacity from the first moment on: what is usual is found all the same`, (context) => {
    const whole = { fromMs: 0, untilMs: overloadMs };
    const streams: Stream[] = [
      { ...whole, tenant: critical, priority: "critical", perSecond: 0.1 * capacityPerSecond },
      { ...whole, tenant: 1, priority: "normal", perSecond: (times - 0.1) * capacityPerSecond },
    ];
    const workMs = (chance: Random): number => begun.serviceMs * (0.8 + 0.4 * chance());
    const late = during(
      experiment({ workers: 3, slots: begun.slots, workMs, rules: byDefault, streams }, 1),
      15_000,
      overloadMs,
    );
    const p99 = quantileMs(
      late.filter((fate) => fate.stream.tenant === critical),
      0.99,
    );
    const served = late.filter(isServed).length / ((overloadMs - 15_000) / 1_000) / capacityPerSecond;
    context.diagnostic(`goodput ${served.toFixed(3)}, critical p99 ${p99.toFixed(1)} ms`);
    assert.ok(served >= 0.95, `goodput ${served}`);
    // What was learned in a great rush is put right breath by breath.
    assert.ok(p99 <= (times > 2 ? 8 : 4) * begun.serviceMs, `p99 ${p99}`);
  });
}

for (const mute of [true, false]) {
  test(`three times the capacity beside thirty long polls, ${mute ? "plain" : "by the SDK"}: limited as without them`, (context) => {
    const polls = 30;
    const pollsFromMs = 9_000;
    const isPoll = (atMs: number): boolean => atMs >= pollsFromMs && atMs < calmMs;
    const overload = { tenant: 1, priority: "normal", perSecond: 3 * capacityPerSecond } as const;
    const streams: Stream[] = [
      { ...overload, perSecond: 0.5 * capacityPerSecond, fromMs: 0, untilMs: pollsFromMs },
      // Nothing else then, so that they are spread evenly: what they take of a worker are its ten more places.
      { ...overload, tenant: 2, perSecond: polls, fromMs: pollsFromMs, untilMs: calmMs },
      { ...overload, fromMs: calmMs, untilMs: endMs },
    ];
    const workMs = (chance: Random, atMs: number): number =>
      isPoll(atMs) ? 2 * overloadMs : begun.serviceMs * (0.8 + 0.4 * chance());
    const slots = begun.slots.map((each) => each + polls / begun.slots.length);
    const fates = experiment({ workers: 3, slots, workMs, mute, rules: byDefault, streams }, 1);
    const served = during(fates, calmMs, endMs).filter(isServed);
    const inside = served.map((fate) => ({ ...fate, arrivedAt: fate.arrivedAt + (fate.waitedMs ?? 0) }));
    const goodput = served.length / (overloadMs / 1_000) / capacityPerSecond;
    const [p50, p99] = [quantileMs(inside, 0.5), quantileMs(inside, 0.99)];
    context.diagnostic(
      `goodput ${goodput.toFixed(3)}, inside p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    );
    assert.ok(goodput >= 0.9, `goodput ${goodput}`);
    assert.ok(p50 <= 1.5 * begun.serviceMs, `p50 ${p50}`);
    assert.ok(p99 <= 3 * begun.serviceMs, `p99 ${p99}`);
  });
}

/** All stand still: so long after the overload has begun, and for so long; then goodput of the first second, and of the worst after `settledAfter` others. */
const pauses = [
  ...[1_000, 2_000, 3_000].map((forMs) => ({ afterMs: 10_000, forMs, settledAfter: 1 })),
  // Amid the first check.
  ...[100, 200].map((afterMs) => ({ afterMs, forMs: 2_000, settledAfter: 3 })),
];

for (const mute of [true, false]) {
  for (const { afterMs, forMs, settledAfter } of pauses) {
    test(`twice the capacity, and ${afterMs} ms later all stand still for ${forMs} ms, ${mute ? "plain" : "by the SDK"}: then all is well again`, (context) => {
      const pause = { fromMs: calmMs + afterMs, forMs };
      const stream = { tenant: 1, priority: "normal" } as const;
      const streams: Stream[] = [
        { ...stream, perSecond: 0.5 * capacityPerSecond, fromMs: 0, untilMs: calmMs },
        { ...stream, perSecond: 2 * capacityPerSecond, fromMs: calmMs, untilMs: endMs },
      ];
      const setting = settingOf(begun, "times that differ by a fifth", mute);
      const behaviours: Behaviour[] = begun.slots.map(() => ({ kind: "pauses", ...pause }));
      const goodput = goodputs(experiment({ ...setting, behaviours, streams }, 1), begun);
      const [first = 0, ...others] = goodput.slice(Math.ceil((afterMs + forMs) / 1_000));
      const least = Math.min(...others.slice(settledAfter - 1));
      context.diagnostic(`goodput ${goodput.map((each) => each.toFixed(2)).join(" ")}`);
      // In it, what was let in meanwhile is worked off.
      if (settledAfter === 1) assert.ok(first >= 0.8, `goodput of the first second ${first}`);
      assert.ok(least >= 0.95, `goodput ${goodput.map((each) => each.toFixed(2)).join(" ")}`);
    });
  }
}

test("without a limit everything waits inside the workers, and nothing is of use to anybody", () => {
  const setting = settingOf(begun, "times that differ by a fifth", true);
  const fates = experiment({ ...setting, rules: { ...byDefault, limit: undefined } }, 1);
  assert.ok(servedShare(during(fates, calmMs + 5_000, endMs)) < 0.01);
});
