import type { Room } from "../balancing/candidate.ts";
import { type Ages, newAges } from "./ages.ts";
import { type AnswerWindow, newAnswerWindow, type Summary } from "./answer-window.ts";
import { type Backlog, newBacklog } from "./backlog.ts";
import { type LimitSiblings, newTrust, type Trust } from "./limit-siblings.ts";
import { newUsualTime, type UsualTime } from "./usual-time.ts";

/**
 * How many requests may wait for an answer of one worker at once, as one proxy sees it. There is no limit until the worker
 * shows a standing queue, and none again when it has gone.
 *
 *           a backlog, or two windows of answers, far above the usual time
 *   open -----------------------------------------------------------------> checking <--+ still far above it:
 *    ^                                                                       |    | +---+ fewer still
 *    +--- fewer requests, and not faster: there was no queue ----------------+    |
 *    |                                                                            | with fewer it is as usual
 *    |                                                                            v
 *    +--- the limit is far above what comes ---------------------------------- limiting <---> breathing
 *                                                                            now and then, while it is met
 *
 * By Little's law a worker takes as many at once as its throughput times its usual time: the limit is a little above that
 * (TCP Vegas: Brakmo, Peterson 1995). Where the limit is too low the throughput is the limit's, and it grows; so only
 * what is usual must be known well. That is learned while nothing queues: in calm windows, and in a breath (BBR's
 * probe), when fewer requests than the worker takes at once are let in for a moment. A queue delays the typical request, an
 * outlier itself (CoDel): alarms go by the middle half of a window, sizes by the mean, as the law does. A queue
 * that is not in the worker (on-the-way.ts) is no reason for a limit, in any phase. Changed in place.
 */
export interface AdaptiveLimit {
  readonly rules: LimitRules;
  readonly siblings: LimitSiblings;
  readonly trust: Trust;
  /** Not a whole number: small steps add up. Undefined: none, but see `trust`. */
  max: number | undefined;
  /** In [0, 1), another with each answer: what is let in is `max` on average, though it is a whole number each time. */
  turn: number;
  /** Sent, and without a byte of an answer; without those that are set aside: see `Ages`. */
  pending: number;
  readonly ages: Ages;
  /** When one of them was sent or answered last. */
  movedAt: number;
  /** For how much longer it was met and nothing moved than it moved since. */
  stoodMs: number;
  phase: Phase;
  readonly usual: UsualTime;
  readonly backlog: Backlog;
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

/** Two: a worker that serves one at a time finds the next one waiting. */
export const limitByDefault: LimitRules = { min: 2 };

/**
 * Fewer than usual are let in. `drainedAt` -1: more than `max` are still there. `settleMs`: after that time those that were let
 * in since are a fair choice of all, not the quick ones alone.
 */
interface Fewer {
  readonly since: number;
  drainedAt: number;
  readonly settleMs: number;
}

/** `before`: with more on the worker; undefined: that was no steady state. */
export type Checking = { readonly kind: "checking"; readonly before: Summary | undefined } & Fewer;
/** `resume`: `max` after the breath. */
export type Breathing = {
  readonly kind: "breathing";
  readonly resume: number;
  readonly nextAfterMs: number;
} & Fewer;
export type Limiting = {
  readonly kind: "limiting";
  readonly breatheAt: number;
  readonly nextAfterMs: number;
};
export type Phase = { readonly kind: "open" } | Checking | Breathing | Limiting;

/** Above what the worker takes at once: it must never wait for us. */
export const headroom = 1.13;

/** After the first false alarm; after each more it is twice as long. */
export const calmMsMin = 1_000;

export const open: Phase = { kind: "open" };

export function newAdaptiveLimit(rules: LimitRules, siblings: LimitSiblings, now: number): AdaptiveLimit {
  return {
    rules,
    siblings,
    trust: newTrust(),
    max: undefined,
    turn: 0,
    pending: 0,
    ages: newAges(now),
    movedAt: now,
    stoodMs: 0,
    phase: open,
    usual: newUsualTime(),
    backlog: newBacklog(),
    window: newAnswerWindow(now),
    met: false,
    queued: 0,
    calmUntil: now,
    calmMs: calmMsMin,
  };
}

/** Some number of requests is too many for it now. */
export function isLimiting({ max, trust }: AdaptiveLimit): boolean {
  return (max ?? trust.max) !== Infinity;
}

export function isMet({ max, trust, pending, turn }: AdaptiveLimit): boolean {
  return max === undefined ? pending >= trust.max : pending >= Math.floor(max + turn);
}

/** Without its headroom, what the limit lets in is served at once. */
export function roomIn(limit: AdaptiveLimit): Room {
  if (isMet(limit)) return "full";
  const { max, pending } = limit;
  return max === undefined || pending < Math.round(max / headroom) ? "free" : "last";
}
