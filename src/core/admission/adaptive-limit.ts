import { type AnswerWindow, newAnswerWindow, observe, type Summary, summaryOf } from "./answer-window.ts";
import type { ReportedLoad } from "../balancing/candidate.ts";
import { insideMsOf, waitsOnTheWay } from "./on-the-way.ts";
import {
  correct,
  isQueue,
  isQueueLess,
  learn,
  learnChance,
  newUsualTime,
  type UsualTime,
} from "./usual-time.ts";

/**
 * How many requests may wait for an answer of one worker at once, as one proxy sees it. There is no limit until the worker
 * shows a standing queue, and none again when it has gone.
 *
 *            two windows of answers far above the usual time
 *   open ------------------------------------------------------> checking
 *    ^                                                            |    |
 *    +--- fewer requests, and not faster: there was no queue -----+    | there was one
 *    |                                                                 v
 *    +--- the limit is far above what comes ----------------------- limiting <---> breathing
 *                                                                   now and then, while it is met
 *
 * Vegas (Brakmo, Peterson 1995): what waits inside the worker is its throughput times the time above the usual one; the
 * limit is a little above what is left without it. The usual time is that of the middle half of a window (CoDel: a
 * standing queue shows in every request, an outlier in one), learned while nothing queues: in calm windows, and in a
 * breath (BBR's probe), when fewer requests than the worker takes at once are let in for a moment. A queue that is not in
 * the worker (on-the-way.ts) is no reason for a limit, in any phase. Changed in place.
 */
export interface AdaptiveLimit {
  readonly rules: LimitRules;
  /** Undefined: any number. */
  max: number | undefined;
  /** Sent, and without a byte of an answer. */
  pending: number;
  phase: Phase;
  readonly usual: UsualTime;
  window: AnswerWindow;
  /** `pending` has met `max` in this window. */
  met: boolean;
  /** Windows in a row that showed a queue. */
  queued: number;
  /** No alarm before: the last one was a false one. */
  calmUntil: number;
  calmMs: number;
}

export interface LimitRules {
  /** A worker may always have so many. */
  readonly min: number;
}

/** `drainedAt` -1: more than `max` are still there. `resume`: `max` after the breath. */
type Phase =
  | { readonly kind: "open" }
  | { readonly kind: "checking"; readonly since: number; drainedAt: number; readonly before: Summary }
  | {
      readonly kind: "breathing";
      readonly since: number;
      drainedAt: number;
      readonly resume: number;
      readonly nextAfterMs: number;
    }
  | { readonly kind: "limiting"; readonly breatheAt: number; readonly nextAfterMs: number };

/** Above what the worker takes at once: it must never wait for us. */
const headroom = 1.15;
/** A breath must be below what the worker takes at once, even where that is thought to be too much. */
const breathShare = 0.75;
/** The first breath comes soon, the others at twice the distance. */
const breatheAfterMs = 1_000;
const breatheAfterMsMax = 10_000;
/** A check or breath that brings no answers is over then. */
const fewAnswersMs = 1_000;
const alarmAfter = 2;
/** Not fewer in a check: it may be a false alarm. */
const checkShare = 1 / 2;
/** Answers in a window: few for a quick alarm, more where the size of the limit follows from them. */
const alarmSamplesMin = 16;
const limitSamplesMin = 32;
/** With so many times fewer requests on it, answers must come in less than this share of the time, if they queued. */
const fewerFactor = 1.5;
const notFasterShare = 0.8;
const calmMsMin = 10_000;
const calmMsMax = 300_000;
const openAbove = 10;

const open: Phase = { kind: "open" };

export function newAdaptiveLimit(rules: LimitRules, now: number): AdaptiveLimit {
  return {
    rules,
    max: undefined,
    pending: 0,
    phase: open,
    usual: newUsualTime(),
    window: newAnswerWindow(now),
    met: false,
    queued: 0,
    calmUntil: now,
    calmMs: calmMsMin,
  };
}

export function isMet({ max, pending }: AdaptiveLimit): boolean {
  return max !== undefined && pending >= max;
}

/** A request goes to the worker. Gives how many are there now: `limitAnswered` wants to know. */
export function limitSent(limit: AdaptiveLimit): number {
  limit.pending += 1;
  if (isMet(limit)) limit.met = true;
  return limit.pending;
}

/** It was given up, or its worker was lost: that tells nothing. */
export function limitAbandoned(limit: AdaptiveLimit): void {
  limit.pending -= 1;
}

/**
 * The first byte of an answer came, `tookMs` after the request was the `ahead`th on the worker. `told`: what the worker
 * said of itself last.
 */
export function limitAnswered(
  limit: AdaptiveLimit,
  tookMs: number,
  ahead: number,
  now: number,
  told?: ReportedLoad,
): void {
  limit.pending -= 1;
  const { phase, window } = limit;
  const insideMs = insideMsOf(told, now);
  if ((phase.kind === "checking" || phase.kind === "breathing") && !counts(limit, phase, tookMs, now)) {
    if (now - phase.since > fewAnswersMs + 2 * tookMs) giveUp(limit, tookMs, insideMs, now);
    return;
  }
  observe(window, tookMs, ahead, insideMs);
  const summary = summaryOf(
    window,
    phase.kind === "limiting" || phase.kind === "breathing" ? limitSamplesMin : alarmSamplesMin,
    now,
  );
  if (summary === undefined) return;
  endWindow(limit, summary, now);
  limit.window = newAnswerWindow(now, window);
  limit.met = isMet(limit);
}

/** Only what was sent when there were few enough. */
function counts(
  limit: AdaptiveLimit,
  phase: Phase & { kind: "checking" | "breathing" },
  tookMs: number,
  now: number,
): boolean {
  if (phase.drainedAt === -1 && !isMet(limit)) {
    phase.drainedAt = now;
    limit.window = newAnswerWindow(now, limit.window);
  }
  return phase.drainedAt !== -1 && now - tookMs >= phase.drainedAt;
}

/** The check, or breath, brings no answers. */
function giveUp(limit: AdaptiveLimit, tookMs: number, insideMs: number, now: number): void {
  if (waitsOnTheWay({ typicalMs: tookMs, insideMs })) reopen(limit);
  else startLimiting(limit, now, breatheAfterMs);
}

function endWindow(limit: AdaptiveLimit, summary: Summary, now: number): void {
  const { phase } = limit;
  if (isQueue(limit.usual, summary.typicalMs) && waitsOnTheWay(summary)) return reopen(limit);
  switch (phase.kind) {
    case "open":
      return whileOpen(limit, summary, now);
    case "checking":
      return afterCheck(limit, phase.before, summary, now);
    case "breathing":
      return afterBreath(limit, phase, summary, now);
    case "limiting":
      return whileLimiting(limit, phase, summary, now);
  }
}

function whileOpen(limit: AdaptiveLimit, summary: Summary, now: number): void {
  const queues = isQueue(limit.usual, summary.typicalMs);
  if (!queues) learn(limit.usual, summary.typicalMs, summary.lastedMs);
  const alarming = queues && now >= limit.calmUntil && summary.ahead > limit.rules.min;
  limit.queued = alarming ? limit.queued + 1 : 0;
  if (limit.queued < alarmAfter) return;
  limit.queued = 0;
  limit.max = sizeFor(limit, Math.max(headroom * takenAtOnce(limit, summary), summary.ahead * checkShare));
  limit.phase = { kind: "checking", since: now, drainedAt: -1, before: summary };
}

function afterCheck(limit: AdaptiveLimit, before: Summary, after: Summary, now: number): void {
  const isFalse =
    before.ahead > fewerFactor * after.ahead && after.typicalMs > notFasterShare * before.typicalMs;
  if (isFalse) {
    correct(limit.usual, after.typicalMs);
    limit.calmUntil = now + limit.calmMs;
    limit.calmMs = Math.min(calmMsMax, limit.calmMs * 2);
    return reopen(limit);
  }
  limit.calmMs = calmMsMin;
  startLimiting(limit, now, breatheAfterMs);
}

function startLimiting(limit: AdaptiveLimit, now: number, afterMs: number): void {
  const nextAfterMs = Math.min(breatheAfterMsMax, afterMs * 2);
  limit.phase = { kind: "limiting", breatheAt: now + afterMs, nextAfterMs };
}

function whileLimiting(
  limit: AdaptiveLimit,
  phase: Phase & { kind: "limiting" },
  summary: Summary,
  now: number,
): void {
  const { max = Infinity, rules, usual } = limit;
  if (limit.met || isQueue(usual, summary.typicalMs)) {
    learnChance(usual, summary.typicalMs, summary.lastedMs);
    limit.max = sizeFor(limit, (max + headroom * takenAtOnce(limit, summary)) / 2);
    if (now >= phase.breatheAt) breathe(limit, summary, phase.nextAfterMs, now);
    return;
  }
  learn(usual, summary.typicalMs, summary.lastedMs);
  limit.max = Math.ceil(max * headroom);
  if (limit.max > openAbove * Math.max(summary.ahead, rules.min)) reopen(limit);
}

function breathe(limit: AdaptiveLimit, summary: Summary, nextAfterMs: number, now: number): void {
  const resume = limit.phase.kind === "breathing" ? limit.phase.resume : (limit.max ?? 0);
  limit.max = sizeFor(limit, Math.floor(breathShare * takenAtOnce(limit, summary)));
  limit.phase = { kind: "breathing", since: now, drainedAt: -1, resume, nextAfterMs };
}

function afterBreath(
  limit: AdaptiveLimit,
  { resume, nextAfterMs }: Phase & { kind: "breathing" },
  breath: Summary,
  now: number,
): void {
  const wasQueue = isQueueLess(limit.usual, breath.typicalMs);
  correct(limit.usual, breath.typicalMs);
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
  return Math.max(rules.min, Math.ceil(requests));
}

/** Little's law: what waits inside the worker came at its throughput for as long as answers are late. */
function takenAtOnce({ usual }: AdaptiveLimit, { typicalMs, perMs, ahead }: Summary): number {
  return Math.max(1, ahead - perMs * Math.max(0, typicalMs - usual.ms));
}
