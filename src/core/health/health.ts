import { BySubset } from "./by-subset.ts";
import { type Comparison, errorsAreUsual, errsFarMore, newOwnPart, type OwnPart } from "./errors.ts";
import { FailedKeys } from "./failed-keys.ts";
import { tooManyInRow } from "./in-a-row.ts";
import { noOthers, type Others, othersEver, othersLately, shareSince } from "./others.ts";
import {
  countAsFailed,
  countOutcome,
  newRecentOutcomes,
  type RecentOutcomes,
  windowMs,
  windowSum,
} from "./recent-outcomes.ts";
import {
  failsFarMore,
  outlierNumbers,
  suspicionAfterFailure,
  suspicionAfterSuccess,
  suspicionNumbers,
} from "./outlier.ts";

/**
 * What one proxy holds of one worker, from first-hand evidence.
 *
 *       refused, reset, stalled, too many failures in a row, over half failed, far more than of the others, far slower
 *     ok ------------------------------------------------------------------> out
 *      ^                                                                   |   ^
 *      | the probe connects (hard), the canary is answered                 |   | probe or canary fails
 *      |                                              `until` is reached   v   |
 *      +----------------------------------------------------------------- probation
 *
 *  hard (refused, reset): out until a probe, a bare connect, succeeds; the first after 100 ms.
 *  soft (connect-timeout, failing, slow): one canary request after 5 s x n, at most 60 s.
 *  stalled: soft, but returns only by an answered byte: a stopped process still accepts connections.
 *
 * The functions return a new state, or the same one when nothing changed; only the outcome counters of `ok` are
 * changed in place, because every answer passes there.
 */
export type LocalHealth =
  | Well
  | {
      readonly kind: "out";
      readonly cause: OutCause;
      readonly since: number;
      readonly until: number;
      readonly ejections: number;
      readonly before?: Well;
    }
  | {
      readonly kind: "probation";
      readonly cause: OutCause;
      readonly since: number;
      readonly ejections: number;
      /** A probe or canary is under way: no second one. */
      readonly tried: boolean;
      /** It only dropped a connection: with the probe it is again what it was, for that disproves none of its failures. */
      readonly before?: Well;
    };

interface Well {
  readonly kind: "ok";
  readonly ejections: number;
  readonly outcomes: Outcomes;
}

export type OutCause = "refused" | "reset" | "connect-timeout" | "stalled" | "failing" | "slow";

export interface Outcomes extends RecentOutcomes {
  /** Failures in a row. */
  streak: number;
  /** How the others were when the row began. */
  streakMark: Others;
  /** See `suspicionAfterFailure`. */
  suspicion: number;
  /** How the others were when there was none last. */
  suspicionMark: Others;
  /** Its part of each `Comparison`. */
  readonly compared: BySubset<OwnPart>;
  /** Unset: no failure came by a key yet. */
  failedKeys: FailedKeys | undefined;
  /** When the last ejection ended: with each calm time the next one counts for less. */
  readonly calmSince: number;
}

export const healthNumbers = {
  windowRequestsMin: 10,
  softOutMs: 5_000,
  hardOutMs: 100,
  outMsMax: 60_000,
  /** A probe of a worker that refuses is cheap, and it may be back any moment. */
  hardOutMsMax: 2_000,
  /** More are not remembered: with so many it is out for the longest. */
  ejectionsMax: 12,
  /** Calm for this long: one ejection is forgiven. */
  forgiveMs: 60_000,
} as const;

export function strengthOf(cause: OutCause): "hard" | "soft" {
  return cause === "refused" || cause === "reset" ? "hard" : "soft";
}

export function newHealth(now: number, ejections = 0): LocalHealth {
  return {
    kind: "ok",
    ejections,
    outcomes: {
      ...newRecentOutcomes(now),
      streak: 0,
      streakMark: noOthers,
      suspicion: 0,
      suspicionMark: noOthers,
      compared: new BySubset(newOwnPart),
      failedKeys: undefined,
      calmSince: now,
    },
  };
}

/** Nobody listens at its address. */
export function afterRefused(state: LocalHealth, now: number): LocalHealth {
  return goOut(state, "refused", now);
}

/** The connection was reset or closed with requests on it. The probe brings nobody back who failed or was slow. */
export function afterReset(state: LocalHealth, now: number): LocalHealth {
  if (state.kind !== "ok" && (state.cause === "failing" || state.cause === "slow")) return state;
  const out = goOut(state, "reset", now);
  return state.kind === "ok" && out.kind === "out" ? { ...out, before: state } : out;
}

export function afterConnectTimeout(state: LocalHealth, now: number): LocalHealth {
  return goOut(state, "connect-timeout", now);
}

/** See stall.ts. */
export function afterStall(state: LocalHealth, now: number): LocalHealth {
  return goOut(state, "stalled", now);
}

/** See `slowAmong`. */
export function afterSlow(state: LocalHealth, now: number): LocalHealth {
  return state.kind === "ok" ? goOut(state, "slow", now) : state;
}

/** Does a failure speak that this key brought here? On trial any does: no key brought that request there. */
export function speaksBy(state: LocalHealth, key: number, now: number): boolean {
  if (state.kind !== "ok") return true;
  const { outcomes } = state;
  outcomes.failedKeys ??= new FailedKeys();
  return outcomes.failedKeys.speaks(key, outcomes.totalEver - outcomes.failedEver, now);
}

/**
 * Does it speak that an answer is broken off whose head came at `headAt`? Only of what began lately, and counts in this state: what was
 * answered over minutes may be cut by something else, and who is on trial was not asked for that.
 */
export function speaksBroken(state: LocalHealth, headAt: number, now: number): boolean {
  return state.kind === "ok" && headAt > state.outcomes.calmSince && now - headAt < windowMs;
}

/**
 * An answer that counts as failed: 502, 503, 504 of the worker, an invalid answer, no answer in time. `ofService`: the
 * outcomes of all its workers, itself among them.
 */
export function afterFailure(
  state: LocalHealth,
  now: number,
  ofService?: RecentOutcomes,
  comparison?: Comparison,
): LocalHealth {
  switch (state.kind) {
    case "out":
      return state;
    case "probation":
      return strengthOf(state.cause) === "hard" ? state : goOut(state, state.cause, now);
    case "ok": {
      const { outcomes } = state;
      countOutcome(outcomes, now, true);
      if (comparison !== undefined) countCompared(outcomes, now, comparison, true);
      if (ofService !== undefined) mark(outcomes, ofService);
      outcomes.streak += 1;
      return tooManyFailed(outcomes, ofService, now) || isOutlier(state, ofService, now)
        ? goOut(state, "failing", now)
        : state;
    }
  }
}

/**
 * Any other answer of 500 and above, and one that is broken off. What was asked for may be its cause, and whoever asks may do so a
 * thousand times: it speaks only where it is far more frequent here than at the others at the same time. `oneOfSeveral`: who may get such
 * a request now; of the only one an error says nothing. `begun`: the answer is counted as sound already.
 */
export function afterError(
  state: LocalHealth,
  now: number,
  comparison: Comparison,
  oneOfSeveral: boolean,
  begun = false,
): LocalHealth {
  if (state.kind === "ok") {
    if (!begun) countBorne(state.outcomes, now);
    const own = countCompared(state.outcomes, now, comparison, true, begun);
    return oneOfSeveral && errsFarMore(own, comparison.answers, now) ? goOut(state, "failing", now) : state;
  }
  const failsItsTrial = oneOfSeveral && state.kind === "probation" && state.cause === "failing";
  return failsItsTrial && !errorsAreUsual(comparison.answers, now)
    ? goOut(state, "failing", now)
    : afterSuccess(state, now);
}

/**
 * A sound answer. A stalled worker is back with it. One that failed must first serve its time, and one that refused
 * or reset needs a probe: an answer that was already on its way says nothing.
 */
export function afterSuccess(state: LocalHealth, now: number, comparison?: Comparison): LocalHealth {
  if (state.kind === "ok") {
    countBorne(state.outcomes, now);
    if (comparison !== undefined) countCompared(state.outcomes, now, comparison, false);
    return state;
  }
  const proof =
    state.cause === "stalled" || (state.kind === "probation" && strengthOf(state.cause) === "soft");
  return proof ? newHealth(now, state.ejections) : state;
}

function countBorne(outcomes: Outcomes, now: number): void {
  countOutcome(outcomes, now, false);
  outcomes.streak = 0;
  outcomes.suspicion = suspicionAfterSuccess(outcomes.suspicion);
}

function countCompared(
  outcomes: Outcomes,
  now: number,
  { subset }: Comparison,
  isError: boolean,
  isCounted = false,
): OwnPart {
  const own = outcomes.compared.of(subset);
  if (isCounted) countAsFailed(own.answers, now);
  else countOutcome(own.answers, now, isError);
  return own;
}

/** The probation begins when the time is reached; to be called before `state` is read. */
export function atTime(state: LocalHealth, now: number): LocalHealth {
  if (state.kind !== "out" || now < state.until) return state;
  const { until: _, ...rest } = state;
  return { ...rest, kind: "probation", tried: false };
}

/** What may be tried with a worker in probation: a bare connect, or one request of a client. */
export function trialOf(state: LocalHealth): "probe" | "canary" | undefined {
  if (state.kind !== "probation" || state.tried) return undefined;
  return strengthOf(state.cause) === "hard" ? "probe" : "canary";
}

/** A probe or canary is under way. */
export function afterTrialBegan(state: LocalHealth): LocalHealth {
  return state.kind === "probation" ? { ...state, tried: true } : state;
}

/** The probe or canary ended without an answer to its question (the client went away): another may be tried. */
export function afterTrialAborted(state: LocalHealth): LocalHealth {
  return state.kind === "probation" ? { ...state, tried: false } : state;
}

/** A bare connect succeeded: enough for a worker that refused or reset, not for one that stalled. */
export function afterProbePassed(state: LocalHealth, now: number): LocalHealth {
  if (state.kind === "ok" || strengthOf(state.cause) === "soft") return state;
  return state.before ?? newHealth(now, state.ejections);
}

/**
 * Who comes back from this state starts slowly. As warm as before are only those who never were away: a worker that
 * dropped one connection, or stood still for a moment.
 */
export function returnsCold(before: LocalHealth): boolean {
  return before.kind === "probation" || (before.kind === "out" && before.cause === "refused");
}

function goOut(state: LocalHealth, cause: OutCause, now: number): LocalHealth {
  if (state.kind === "ok") {
    const ejections = Math.min(healthNumbers.ejectionsMax, remembered(state, now) + 1);
    return { kind: "out", cause, since: now, until: now + outMs(cause, ejections), ejections };
  }
  // What was known of it stays true until it is disproved: a probe that times out does not soften a refusal.
  const worst = isWorse(cause, state.cause) ? cause : state.cause;
  if (state.kind === "out" && worst === state.cause) return state;
  const ejections = state.kind === "out" ? state.ejections : state.ejections + 1;
  return { kind: "out", cause: worst, since: state.since, until: now + outMs(worst, ejections), ejections };
}

/** Ejections that still count. */
function remembered({ ejections, outcomes }: Well, now: number): number {
  return Math.max(0, ejections - Math.floor((now - outcomes.calmSince) / healthNumbers.forgiveMs));
}

/** Hard evidence replaces soft. A stall replaces other soft causes: it asks for more before the return. */
function isWorse(cause: OutCause, than: OutCause): boolean {
  const order: readonly OutCause[] = ["slow", "failing", "connect-timeout", "stalled", "reset", "refused"];
  return order.indexOf(cause) > order.indexOf(than);
}

function outMs(cause: OutCause, ejections: number): number {
  const { hardOutMs, hardOutMsMax, softOutMs, outMsMax } = healthNumbers;
  if (strengthOf(cause) === "hard") return Math.min(hardOutMsMax, hardOutMs * 2 ** (ejections - 1));
  return Math.min(outMsMax, softOutMs * ejections);
}

function isOutlier(state: Well, ofService: RecentOutcomes | undefined, now: number): boolean {
  if (ofService === undefined) return false;
  const { outcomes } = state;
  const since = shareSince(outcomes.suspicionMark, outcomes, ofService);
  outcomes.suspicion = suspicionAfterFailure(outcomes.suspicion, outcomes, ofService, since, now);
  if (outcomes.suspicion >= suspicionNumbers.proof) return true;
  return failsFarMore(outcomes, ofService, isOnTrial(state, now), now);
}

/** A row or a suspicion begins with this failure, which is counted already. */
function mark(outcomes: Outcomes, ofService: RecentOutcomes): void {
  const others = othersEver(outcomes, ofService);
  if (outcomes.streak === 0) outcomes.streakMark = others;
  if (outcomes.suspicion === 0) outcomes.suspicionMark = others;
}

/** In a row, or over half of some; neither says anything of this worker where the others fail alike. */
function tooManyFailed(outcomes: Outcomes, ofService: RecentOutcomes | undefined, now: number): boolean {
  const usual = ofService === undefined ? 0 : usualInRow(outcomes, ofService, now);
  if (tooManyInRow(outcomes.streak, usual)) return true;
  const total = windowSum(outcomes.total);
  const failed = windowSum(outcomes.failed);
  return total >= healthNumbers.windowRequestsMin && failed * 2 > total && failed > 2 * usual * total;
}

/** The share that fails at the others: lately, or since the row began where that is more. */
function usualInRow(outcomes: Outcomes, ofService: RecentOutcomes, now: number): number {
  const { total, failed } = othersLately(outcomes, ofService, now);
  const lately = total < outlierNumbers.othersMin ? 0 : failed / total;
  return Math.max(lately, shareSince(outcomes.streakMark, outcomes, ofService));
}

/** It was out not long ago. */
export function isOnTrial(state: LocalHealth, now: number): boolean {
  return (
    state.kind === "ok" && state.ejections > 0 && now - state.outcomes.calmSince < healthNumbers.forgiveMs
  );
}
