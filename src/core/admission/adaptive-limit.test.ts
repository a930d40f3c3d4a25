import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AdaptiveLimit,
  isMet,
  limitAbandoned,
  limitAnswered,
  limitLookedAt,
  limitSent,
  newAdaptiveLimit,
  newSiblings,
  roomIn,
} from "./adaptive-limit.ts";

/**
 * A worker that serves `slots` requests at once, `serviceMs` each, and that so many clients want: whoever is let in
 * asks again when answered.
 */
class Served {
  readonly limit: AdaptiveLimit;
  now = 0;
  /** By when they are answered. */
  readonly #sent: { sentAt: number; ahead: number; endsAt: number }[] = [];
  /** When each place is free. */
  #places: number[] = [];

  constructor(min = 4) {
    this.limit = newAdaptiveLimit({ min }, newSiblings(), 0);
  }

  run(forMs: number, clients: number, slots: number, serviceMs: number): void {
    const endMs = this.now + forMs;
    // Spread, as they are when requests come by chance.
    while (this.#places.length < slots)
      this.#places.push(this.now + (this.#places.length * serviceMs) / slots);
    this.#places.length = slots;
    while (this.now < endMs) {
      while (this.#sent.length < clients && !isMet(this.limit)) this.#send(serviceMs);
      this.#sent.sort((one, other) => one.endsAt - other.endsAt);
      const next = this.#sent.shift();
      if (next === undefined) break;
      this.now = Math.max(this.now, next.endsAt);
      limitAnswered(this.limit, next.sentAt, next.ahead, this.now);
    }
  }

  #send(serviceMs: number): void {
    const ahead = limitSent(this.limit, this.now);
    const first = this.#places.indexOf(Math.min(...this.#places));
    const endsAt = Math.max(this.now, this.#places[first] ?? 0) + serviceMs;
    this.#places[first] = endsAt;
    this.#sent.push({ sentAt: this.now, ahead, endsAt });
  }
}

test("as many as the worker takes at once: no limit, however many these are", () => {
  const served = new Served();
  served.run(20_000, 4, 100, 20);
  served.run(20_000, 100, 100, 20);
  assert.equal(served.limit.max, undefined);
});

test("far more than it takes at once: the limit is a little above what it takes", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  served.run(5_000, 100, 8, 20);
  const { max = Infinity, phase } = served.limit;
  assert.ok(max >= 8 && max <= 13, `${phase.kind} ${max}`);
});

test("it is the same after ten minutes of overload: what is usual is still known", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  served.run(600_000, 100, 8, 20);
  const { max = Infinity, usual } = served.limit;
  assert.ok(max >= 5 && max <= 13, String(max));
  assert.ok(usual.ms < 25, String(usual.ms));
});

test("what made a small limit grow by chance does not last: it comes down by parts of one", () => {
  const served = new Served(2);
  served.run(5_000, 3, 4, 20);
  served.run(5_000, 50, 4, 20);
  served.limit.max = 9;
  served.run(4_000, 50, 4, 20);
  const { max = Infinity } = served.limit;
  assert.ok(max > 4 && max <= 5, String(max));
});

test("of a limit between two whole numbers each is let in, in proportion", () => {
  const limit = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  limit.max = 4.25;
  const pending: number[] = [];
  for (let now = 0; now < 1_000; now += 1) {
    while (!isMet(limit)) limitSent(limit, now);
    pending.push(limit.pending);
    limitAnswered(limit, now, 1, now);
  }
  assert.deepEqual(new Set(pending), new Set([4, 5]));
  const mean = pending.reduce((sum, each) => sum + each, 0) / pending.length;
  assert.ok(Math.abs(mean - 4.25) < 0.01, String(mean));
});

test("the last place is one that lies within the headroom", () => {
  const limit = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  const roomWith = (pending: number): string => roomIn(Object.assign(limit, { pending }));
  assert.equal(roomWith(1_000), "free");
  // Eight at once, and an eighth more.
  Object.assign(limit, { max: 9.04, turn: 0 });
  assert.deepEqual([7, 8, 9].map(roomWith), ["free", "last", "full"]);
  limit.turn = 0.99;
  assert.deepEqual([7, 8, 9, 10].map(roomWith), ["free", "last", "last", "full"]);
});

test("when fewer come the limit is gone within seconds", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  served.run(5_000, 100, 8, 20);
  served.run(5_000, 3, 8, 20);
  assert.equal(served.limit.max, undefined);
});

test("a worker that has become slower by itself has no limit after the check, and there is one alarm only", () => {
  const served = new Served();
  served.run(5_000, 50, 100, 20);
  const { calmMs } = served.limit;
  served.run(1_000, 50, 100, 100);
  assert.equal(served.limit.phase.kind, "open");
  assert.ok(served.limit.usual.ms > 80);
  served.run(60_000, 50, 100, 100);
  assert.equal(served.limit.phase.kind, "open");
  assert.equal(served.limit.calmMs, 2 * calmMs);
});

test("a worker that has become faster gets more", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  served.run(5_000, 200, 8, 20);
  served.run(20_000, 200, 32, 20);
  assert.ok((served.limit.max ?? Infinity) >= 32, String(served.limit.max));
});

test("never below the least, nor much above it where the worker takes fewer at once", () => {
  const served = new Served(6);
  served.run(2_000, 1, 1, 20);
  served.run(20_000, 50, 1, 20);
  const { max = Infinity } = served.limit;
  assert.ok(max >= 6 && max <= 8, String(max));
});

test("clients that leave before they are answered do not hide the queue", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  const { limit } = served;
  for (let at = 0; at < 200; at += 1) limitSent(limit, served.now);
  for (let at = 0; at < 100; at += 1) limitAbandoned(limit, served.now, 200, served.now + 1_000 + at);
  assert.equal(limit.phase.kind, "checking");
  assert.ok((limit.max ?? Infinity) <= 100, String(limit.max));
});

test("clients that leave at once tell nothing", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  for (let at = 0; at < 200; at += 1) limitSent(served.limit, served.now);
  for (let at = 0; at < 200; at += 1) limitAbandoned(served.limit, served.now, 200, served.now + 10);
  assert.equal(served.limit.phase.kind, "open");
});

test("the alarm comes before those that wait are answered", () => {
  const served = new Served();
  served.run(5_000, 6, 8, 20);
  const from = served.now;
  // Three times as many as it can do come, from now on.
  const { limit } = served;
  const answers: { at: number; sentAt: number; ahead: number }[] = [];
  for (let at = 0; limit.phase.kind === "open"; at += 1) {
    const now = from + at / 1.2;
    while ((answers[0]?.at ?? Infinity) <= now) {
      const next = answers.shift();
      if (next !== undefined) limitAnswered(limit, next.sentAt, next.ahead, next.at);
    }
    const ahead = limitSent(limit, now);
    const tookMs = 20 * Math.max(1, ahead / 8);
    answers.push({ at: now + tookMs, sentAt: now, ahead });
    assert.ok(now < from + 120, `no alarm after ${now - from} ms`);
  }
});

test("what was given up is counted no more", () => {
  const served = new Served();
  for (let at = 0; at < 10; at += 1) limitSent(served.limit, 0);
  for (let at = 0; at < 10; at += 1) limitAbandoned(served.limit, 0, 1, 0);
  assert.equal(served.limit.pending, 0);
});

/** Short requests come one after the other, and are answered. Gives when the next one is due. */
function answerShort(limit: AdaptiveLimit, from: number, count: number): number {
  let now = from;
  for (let at = 0; at < count; at += 1) {
    const ahead = limitSent(limit, now);
    limitAnswered(limit, now, ahead, now + 8);
    now += 10;
  }
  return now;
}

/** So many come, and get no answer. */
const hang = (limit: AdaptiveLimit, count: number, now: number): void => {
  for (let at = 0; at < count; at += 1) limitSent(limit, now);
};

test("requests that take long beside short ones alarm nobody, and soon they count no more", () => {
  const served = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  const from = answerShort(served, 0, 200);
  hang(served, 30, from);
  const now = answerShort(served, from, 100);
  assert.equal(served.phase.kind, "open");
  assert.equal(served.pending, 0);
  // Whatever becomes of them: it tells nothing.
  const { usual } = served;
  const before = { ...usual };
  for (let at = 0; at < 20; at += 1) limitAnswered(served, from, 30, now + at);
  for (let at = 0; at < 10; at += 1) limitAbandoned(served, from, 30, now + 20 + at);
  assert.equal(served.pending, 0);
  assert.equal(served.phase.kind, "open");
  assert.deepEqual(usual, before);
});

/** Few are let in, to see whether they are answered sooner; what meets the limit are requests that hang. */
function checkWith(limit: AdaptiveLimit, hanging: number, now: number): void {
  limit.max = hanging;
  limit.phase = { kind: "checking", since: now, drainedAt: -1, settleMs: 10, before: undefined };
  hang(limit, hanging, now);
}

/** Whatever is let in gets no answer, until the limit is gone. Gives when that is. */
function standStill(limit: AdaptiveLimit, from: number): number {
  let now = from;
  for (; limit.phase.kind !== "open"; now += 20) {
    limitLookedAt(limit, now);
    if (limit.pending === 0) hang(limit, 4, now);
  }
  return now;
}

test("in a check, what does not move is set aside; where nothing is answered for three seconds it was a false alarm", () => {
  const served = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  const from = answerShort(served, 0, 200);
  checkWith(served, 4, from);
  assert.equal(limitLookedAt(served, from + 200), false);
  assert.equal(limitLookedAt(served, from + 400), true);
  assert.equal(roomIn(served), "free");
  assert.equal(served.phase.kind, "checking");
  const over = standStill(served, from + 400);
  assert.ok(over >= from + 3_000 && over < from + 3_500, `${over - from}`);
  assert.ok(served.calmUntil > over, "it was a false alarm");
});

test("each alarm that ends so is followed by twice the calm, up to five minutes", () => {
  const served = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  let now = 0;
  const calms = Array.from({ length: 10 }, () => {
    now = answerShort(served, now, 200);
    checkWith(served, 4, now);
    now = standStill(served, now);
    const calmMs = served.calmUntil - now;
    now = served.calmUntil;
    return Math.round(calmMs / 1_000);
  });
  assert.deepEqual(calms, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
});

test("a limit that was found to be right stays while the worker stands still, for three seconds more than it moves", () => {
  const served = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  let now = answerShort(served, 0, 200);
  served.max = 4;
  served.phase = { kind: "limiting", breatheAt: Infinity, nextAfterMs: 1_000 };
  const standStill = (forMs: number): void => {
    for (const untilMs = now + forMs; now < untilMs; now += 20) {
      limitLookedAt(served, now);
      if (served.pending === 0) hang(served, 4, now);
    }
  };
  const answer = (): void => {
    limitSent(served, now);
    limitAnswered(served, now, 5, now);
  };
  standStill(2_800);
  assert.equal(served.max, 4);
  now += 3_000;
  answer();
  standStill(2_800);
  assert.equal(served.max, 4, "it has made up for it between");
  assert.equal(served.phase.kind, "limiting");
  answer();
  standStill(900);
  assert.equal(served.max, undefined, "one answer does not: what hangs may have one beside it");
});

test("a pause amid a breath ends that, and the limit is as before it", () => {
  const served = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  const from = answerShort(served, 0, 200);
  served.max = 3;
  served.phase = {
    kind: "breathing",
    since: from,
    drainedAt: from,
    settleMs: 10,
    resume: 8,
    nextAfterMs: 2_000,
  };
  hang(served, 3, from);
  assert.equal(limitLookedAt(served, from + 400), true);
  assert.equal(served.max, 8);
  assert.deepEqual(served.phase, { kind: "limiting", breatheAt: from + 2_400, nextAfterMs: 4_000 });
});

test("nor where another worker's alarm holds one that is well", () => {
  const siblings = newSiblings();
  const served = newAdaptiveLimit({ min: 2 }, siblings, 0);
  siblings.alarmedAt = 0;
  hang(served, 16, 0);
  assert.ok(isMet(served));
  assert.equal(limitLookedAt(served, 900), false, "nobody knows what is late");
  assert.equal(limitLookedAt(served, 1_000), true);
  assert.ok(!isMet(served));
});

test("a worker that has room, or where answers come, is let alone", () => {
  const served = newAdaptiveLimit({ min: 2 }, newSiblings(), 0);
  const from = answerShort(served, 0, 200);
  hang(served, 5, from);
  assert.equal(limitLookedAt(served, from + 10_000), false, "no limit");
  served.max = 4;
  limitAnswered(served, from, 5, from + 9_900);
  assert.equal(limitLookedAt(served, from + 10_000), false, "it moves");
  assert.equal(served.pending, 4);
});
