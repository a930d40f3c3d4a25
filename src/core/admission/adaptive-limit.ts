import { enter, leave, overtake, setAllAside } from "./ages.ts";
import { newAnswerWindow, observe, observeGivenUp, observeSetAside, summaryOf } from "./answer-window.ts";
import { behind, forgetBacklog, markBacklog, steadyAnswersMin } from "./backlog.ts";
import { considerTrust, isBeyondTrust } from "./limit-siblings.ts";
import { type AdaptiveLimit, isMet, open } from "./limit-state.ts";
import { check, endWindow, giveUp, mayQueue, whileStill } from "./limit-transitions.ts";
import { waitsOnTheWay } from "./on-the-way.ts";
import { isSlow, isUsual, lateMs } from "./usual-time.ts";

export { insideMsOf } from "./on-the-way.ts";
export { newSiblings, type LimitSiblings } from "./limit-siblings.ts";
export {
  type AdaptiveLimit,
  isLimiting,
  isMet,
  limitByDefault,
  type LimitRules,
  newAdaptiveLimit,
  roomIn,
} from "./limit-state.ts";

/** Answers in a window: few for a quick alarm, more where the size of the limit follows from them. */
const alarmSamplesMin = 16;
const limitSamplesMin = 32;
/** Where single requests take very long, all that are there take long on average. */
const backlogMeans = 1.5;
/** The golden ratio: however few turns, they are spread evenly. */
const turnStep = (Math.sqrt(5) - 1) / 2;
/** A check or breath that brings no answers is over then. */
const fewAnswersMs = 1_000;
/** As long as a stall at least: a queue gets shorter meanwhile. Beside that two late times; in all, while nobody knows what is late. */
const stillMs = 250;
const stillMsUnknown = 1_000;

/** A request goes to the worker. Gives how many are there now: `limitAnswered` wants to know. */
export function limitSent(limit: AdaptiveLimit, now: number): number {
  const late = lateMs(limit.usual);
  enter(limit.ages, late, now);
  limit.pending += 1;
  moved(limit, now);
  considerSiblings(limit, now);
  if (isMet(limit)) limit.met = true;
  if (limit.phase === open && mayQueue(limit, limit.pending))
    markBacklog(limit.backlog, limit.pending, late, now);
  return limit.pending;
}

/**
 * The first byte of an answer came to the request that was sent then, and was the `ahead`th on the worker. `insideMs`: see
 * `insideMsOf`.
 */
export function limitAnswered(
  limit: AdaptiveLimit,
  sentAt: number,
  ahead: number,
  now: number,
  insideMs = Infinity,
): void {
  if (!leave(limit.ages, sentAt)) return considerSiblings(limit, now);
  const tookMs = Math.max(0, now - sentAt);
  if (ahead > limit.trust.proven) considerProof(limit, tookMs, ahead, insideMs, now);
  limit.pending -= 1;
  moved(limit, now);
  limit.turn = (limit.turn + turnStep) % 1;
  considerSiblings(limit, now);
  considerOvertaken(limit, tookMs, now);
  if (limit.phase === open) considerBacklog(limit, sentAt, insideMs, now);
  if (!isCounted(limit, tookMs, insideMs, now)) return;
  observe(limit.window, tookMs, ahead, insideMs);
  considerWindow(limit, now);
}

/** It makes up for as long as it stood. One answer does not: of what hangs each few have one beside them that does not. */
function moved(limit: AdaptiveLimit, now: number): void {
  limit.stoodMs = Math.max(0, limit.stoodMs - (now - limit.movedAt));
  limit.movedAt = now;
}

/**
 * It was given up, or its worker was lost. That tells nothing, unless it was late: clients that leave before they are
 * answered must not hide the queue that they have left.
 */
export function limitAbandoned(
  limit: AdaptiveLimit,
  sentAt: number,
  ahead: number,
  now: number,
  insideMs = Infinity,
): void {
  considerSiblings(limit, now);
  if (!leave(limit.ages, sentAt)) return;
  limit.pending -= 1;
  const waitedMs = Math.max(0, now - sentAt);
  if (waitedMs < lateMs(limit.usual)) return;
  if (!isCounted(limit, waitedMs, insideMs, now)) return;
  observeGivenUp(limit.window, waitedMs, ahead, insideMs);
  considerWindow(limit, now);
}

/**
 * Requests wait, here or elsewhere. Where the limit is met and nothing has moved for long, what meets it is no queue, which would get
 * shorter, and nothing would ever come to show it: it is set aside. True: that has just been done, and there is room.
 */
export function limitLookedAt(limit: AdaptiveLimit, now: number): boolean {
  const late = lateMs(limit.usual);
  const forMs = late === Infinity ? stillMsUnknown : stillMs + 2 * late;
  if (now - limit.movedAt < forMs || !isMet(limit)) return false;
  limit.stoodMs += now - limit.movedAt;
  setAllAside(limit.ages, now);
  forgetBacklog(limit.backlog);
  limit.pending = 0;
  limit.movedAt = now;
  whileStill(limit, now);
  return true;
}

function considerSiblings({ phase, trust, siblings }: AdaptiveLimit, now: number): void {
  if (phase !== open) siblings.alarmedAt = now;
  considerTrust(trust, siblings, now);
}

/** An answer with more on the worker than ever before. */
function considerProof(
  { trust, usual, pending, siblings }: AdaptiveLimit,
  tookMs: number,
  ahead: number,
  insideMs: number,
  now: number,
): void {
  // Before it is known what is late, nothing proves anything.
  if (lateMs(usual) === Infinity) return;
  const isOnTheWay = waitsOnTheWay({ typicalMs: tookMs, insideMs });
  if (isOnTheWay || isUsual(usual, tookMs)) trust.proven = ahead;
  if (!isOnTheWay && isSlow(usual, tookMs) && isBeyondTrust(trust, pending)) siblings.alarmedAt = now;
}

function considerOvertaken(limit: AdaptiveLimit, tookMs: number, now: number): void {
  const { ages, pending, usual } = limit;
  if (ages.old === 0 || tookMs > lateMs(usual)) return;
  const setAside = overtake(ages, pending);
  limit.pending -= setAside;
  observeSetAside(limit.window, setAside, now - ages.oldSince);
}

function considerBacklog(limit: AdaptiveLimit, sentAt: number, insideMs: number, now: number): void {
  const { usual, backlog } = limit;
  const allowedMs = Math.max(lateMs(usual), backlogMeans * usual.meanMs);
  const shown = behind(backlog, sentAt, allowedMs, now);
  if (shown === undefined || now < limit.calmUntil) return;
  const { takesMs, pending: ahead, answers, lastedMs } = shown;
  const perMs = ahead / takesMs;
  const seen = { typicalMs: takesMs, meanMs: takesMs, perMs, ahead, insideMs, lastedMs, isCut: false };
  if (!waitsOnTheWay(seen)) check(limit, seen, answers < steadyAnswersMin ? undefined : seen, now);
}

function considerWindow(limit: AdaptiveLimit, now: number): void {
  const { phase, window } = limit;
  const samplesMin = phase.kind === "limiting" ? limitSamplesMin : alarmSamplesMin;
  const summary = summaryOf(window, samplesMin, now);
  if (summary === undefined) return;
  endWindow(limit, summary, now);
  limit.window = newAnswerWindow(now, window);
  limit.met = isMet(limit);
}

/** In a check, or a breath, only what was sent when there were few enough, and not before these are a fair choice. */
function isCounted(limit: AdaptiveLimit, tookMs: number, insideMs: number, now: number): boolean {
  const { phase } = limit;
  if (phase.kind !== "checking" && phase.kind !== "breathing") return true;
  if (phase.drainedAt === -1 && !isMet(limit)) phase.drainedAt = now;
  const { since, drainedAt, settleMs } = phase;
  const isSettled = drainedAt !== -1 && now >= drainedAt + settleMs;
  if (isSettled && now - tookMs >= drainedAt) {
    if (limit.window.startedAt < drainedAt + settleMs) limit.window = newAnswerWindow(now, limit.window);
    return true;
  }
  if (now - since > fewAnswersMs + 2 * tookMs + settleMs) giveUp(limit, tookMs, insideMs, now);
  return false;
}
