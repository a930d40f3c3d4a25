import type { Summary } from "./answer-window.ts";
import { forgetBacklog } from "./backlog.ts";
import {
  type AdaptiveLimit,
  type Breathing,
  calmMsMin,
  type Checking,
  headroom,
  type Limiting,
  open,
} from "./limit-state.ts";
import { waitsOnTheWay } from "./on-the-way.ts";
import { correct, isQueue, isQueueLess, isUsual, learn, learnChance } from "./usual-time.ts";

/** A window says how much that is, but for chance. Too little makes the worker wait, too much only requests. */
const shareUp = 1 / 2;
const shareDown = 1 / 8;
/** A breath must be below what the worker takes at once, even where that is thought to be too much. */
const breathShare = 3 / 4;
/** The first breath comes soon, the others at twice the distance. */
const breatheAfterMs = 1_000;
const breatheAfterMsMax = 10_000;
/** Of two siblings: each costs a quarter of a worker for a moment, and three in one second would be felt. */
const breathsApartMs = 500;
/** In times that a request takes: of exponential ones nineteen of twenty are back; in a check, two of three must do. */
const breathSettles = 3;
const checkSettles = 1;
const alarmAfter = 2;
/** Fewer alarm nobody. */
const alarmAbove = 4;
/** Not fewer at first, it may be a false alarm; and where there is nothing yet to compare with, a second step will follow. */
const checkShare = 1 / 4;
const firstCheckShare = 1 / 2;
/** With so many times fewer requests on it, answers must come in less than this share of the time, if they queued. */
const fewerFactor = 1.5;
const notFasterShare = 0.8;
const calmMsMax = 300_000;
const openAbove = 10;
/** As long as another database takes to take over. */
const stoodMsMax = 3_000;
/** Of the limit, in use on average. Less, and it was met by a burst: it is too low. */
const burstShare = 0.6;
/** Less, and it is not the limit that holds the throughput down. */
const steadyShare = 0.8;

export const mayQueue = ({ rules }: AdaptiveLimit, requests: number): boolean =>
  requests > Math.max(rules.min, alarmAbove);

/** A window of answers has ended. */
export function endWindow(limit: AdaptiveLimit, summary: Summary, now: number): void {
  const { phase, usual } = limit;
  if (isQueue(usual, summary.typicalMs) && waitsOnTheWay(summary)) return reopen(limit);
  switch (phase.kind) {
    case "open":
      return whileOpen(limit, summary, now);
    case "checking":
      return afterCheck(limit, phase, summary, now);
    case "breathing":
      return afterBreath(limit, phase, summary, now);
    case "limiting":
      return whileLimiting(limit, phase, summary, now);
  }
}

/** A check, or breath, brings no answers. */
export function giveUp(limit: AdaptiveLimit, tookMs: number, insideMs: number, now: number): void {
  if (waitsOnTheWay({ typicalMs: tookMs, insideMs })) reopen(limit);
  else startLimiting(limit, now, breatheAfterMs);
}

/**
 * It was met by what does not move, and that is set aside. A limit stays meanwhile: overloaded workers that all wait for one
 * dependency would get the whole waiting line, and what is amid its first check would be taken for a false alarm. But what does not
 * queue would meet it again and again.
 */
export function whileStill(limit: AdaptiveLimit, now: number): void {
  const { phase, stoodMs } = limit;
  if (phase.kind !== "open" && stoodMs < stoodMsMax) return beginAnew(limit, phase, now);
  if (phase.kind === "checking") falseAlarm(limit, now);
  else reopen(limit);
}

/** Who was let in before it moves again took as long as the pause: that is no sample. */
function beginAnew(limit: AdaptiveLimit, phase: Limiting | Checking | Breathing, now: number): void {
  if (phase.kind === "checking") limit.phase = { ...phase, since: now, drainedAt: -1 };
  if (phase.kind !== "breathing") return;
  limit.max = sizeFor(limit, phase.resume);
  startLimiting(limit, now, phase.nextAfterMs);
}

function falseAlarm(limit: AdaptiveLimit, now: number): void {
  limit.calmUntil = now + limit.calmMs;
  limit.calmMs = Math.min(calmMsMax, limit.calmMs * 2);
  reopen(limit);
}

function whileOpen(limit: AdaptiveLimit, summary: Summary, now: number): void {
  const queues = isQueue(limit.usual, summary.typicalMs);
  if (!queues && !summary.isCut) learn(limit.usual, summary);
  const alarming = queues && now >= limit.calmUntil && mayQueue(limit, summary.ahead);
  limit.queued = alarming ? limit.queued + 1 : 0;
  if (limit.queued >= alarmAfter) check(limit, summary, undefined, now);
}

/** `before`: see `Checking`. */
export function check(limit: AdaptiveLimit, seen: Summary, before: Summary | undefined, now: number): void {
  const share = before === undefined ? firstCheckShare : checkShare;
  limit.max = sizeFor(limit, Math.max(wantedFor(limit, seen), seen.ahead * share));
  startCheck(limit, seen, before, now);
}

function checkLower(limit: AdaptiveLimit, seen: Summary, now: number): void {
  limit.max = sizeFor(limit, Math.min(wantedFor(limit, seen), seen.ahead / fewerFactor - 1));
  startCheck(limit, seen, seen, now);
}

function startCheck(
  limit: AdaptiveLimit,
  { typicalMs }: Summary,
  before: Summary | undefined,
  now: number,
): void {
  limit.queued = 0;
  forgetBacklog(limit.backlog);
  limit.phase = { kind: "checking", since: now, drainedAt: -1, settleMs: checkSettles * typicalMs, before };
}

function afterCheck(limit: AdaptiveLimit, { before }: Checking, after: Summary, now: number): void {
  const { usual, rules, max = Infinity } = limit;
  const isAsUsual = isUsual(usual, after.typicalMs);
  if (!isAsUsual && before !== undefined && isNoFaster(before, after)) {
    correct(usual, after);
    return falseAlarm(limit, now);
  }
  if (!isAsUsual && max > rules.min) return checkLower(limit, after, now);
  limit.max = Math.min(max, sizeFor(limit, wantedFor(limit, after)));
  limit.calmMs = calmMsMin;
  startLimiting(limit, now, breatheAfterMs);
}

/** What clients have given up the worker may still be at: then it is no wonder. */
function isNoFaster(before: Summary, after: Summary): boolean {
  const isFewer = before.ahead > fewerFactor * after.ahead;
  return isFewer && !after.isCut && after.typicalMs > notFasterShare * before.typicalMs;
}

function startLimiting(limit: AdaptiveLimit, now: number, afterMs: number): void {
  const nextAfterMs = Math.min(breatheAfterMsMax, afterMs * 2);
  limit.phase = { kind: "limiting", breatheAt: now + afterMs, nextAfterMs };
}

function whileLimiting(limit: AdaptiveLimit, phase: Limiting, summary: Summary, now: number): void {
  const { max = Infinity, rules, usual } = limit;
  const queues = isQueue(usual, summary.typicalMs);
  const inUse = summary.ahead / Math.ceil(max);
  if (queues || (limit.met && inUse > burstShare)) {
    learnChance(usual, summary.typicalMs, summary.lastedMs);
    const wanted = wantedFor(limit, summary);
    if (wanted > max) limit.max = sizeFor(limit, max + (wanted - max) * shareUp);
    else if (queues || inUse > steadyShare) limit.max = sizeFor(limit, max + (wanted - max) * shareDown);
    if (mayBreathe(limit, phase, now)) breathe(limit, summary, phase.nextAfterMs, now);
    return;
  }
  if (!summary.isCut) learn(usual, summary);
  limit.max = Math.ceil(max * headroom);
  if (limit.max > openAbove * Math.max(summary.ahead, rules.min)) reopen(limit);
}

/** One after the other, unless they are so many that the last ones would wait for too long. */
function mayBreathe({ siblings }: AdaptiveLimit, { breatheAt, nextAfterMs }: Limiting, now: number): boolean {
  return now >= breatheAt && (now >= siblings.breathesUntil || now >= breatheAt + nextAfterMs);
}

function breathe(limit: AdaptiveLimit, summary: Summary, nextAfterMs: number, now: number): void {
  const resume = limit.phase.kind === "breathing" ? limit.phase.resume : (limit.max ?? 0);
  limit.max = sizeFor(limit, Math.floor(breathShare * takenAtOnce(limit, summary)));
  const settleMs = breathSettles * limit.usual.meanMs;
  limit.siblings.breathesUntil = now + Math.max(breathsApartMs, 2 * settleMs);
  limit.phase = { kind: "breathing", since: now, drainedAt: -1, settleMs, resume, nextAfterMs };
}

function afterBreath(
  limit: AdaptiveLimit,
  { resume, nextAfterMs }: Breathing,
  breath: Summary,
  now: number,
): void {
  const wasQueue = isQueueLess(limit.usual, breath.typicalMs);
  if (!breath.isCut) correct(limit.usual, breath);
  // What was usual had a queue in it, and so perhaps had the breath.
  if (wasQueue) return breathe(limit, breath, nextAfterMs, now);
  limit.max = sizeFor(limit, resume);
  startLimiting(limit, now, nextAfterMs);
}

function reopen(limit: AdaptiveLimit): void {
  limit.queued = 0;
  limit.max = undefined;
  limit.phase = open;
}

function sizeFor({ rules }: AdaptiveLimit, requests: number): number {
  return Math.max(rules.min, requests);
}

function wantedFor(limit: AdaptiveLimit, summary: Summary): number {
  return headroom * takenAtOnce(limit, summary);
}

/** Little's law: its throughput, for the time that a request takes where none queues. */
function takenAtOnce({ usual }: AdaptiveLimit, { perMs }: Summary): number {
  return Math.max(1, perMs * usual.meanMs);
}
