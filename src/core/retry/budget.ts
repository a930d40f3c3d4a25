/**
 * How many retries may be added to the traffic of a service: each answer that is no server's error earns `ratio` of a
 * retry, which is forgotten within some ten seconds; besides there is a reserve that refills slowly. So a burst of
 * failures can be repeated. Where repetitions fail as well they are no help: each of these takes ten more with it, so
 * that a service which only fails gets next to none. (gRPC's throttling, proposal A6, earns by success too; it stops
 * all repetitions after fifty failures, and so would lose the requests of a worker that dies with a hundred.)
 *
 * Changed in place. Invariant: reserve >= -wasted.
 */
export interface RetryBudget {
  readonly rules: RetryBudgetRules;
  earned: number;
  reserve: number;
  updatedAt: number;
}

export interface RetryBudgetRules {
  /** Retries earned by an answer. 0.2: at most 20 % more load, for long. */
  readonly ratio: number;
  /** Retries possible at once, without any traffic before. */
  readonly reserve: number;
  /** Refill of the reserve. */
  readonly perSecondMin: number;
}

const rememberMs = 10_000;
/** Retries that one in vain costs besides. */
const wasted = 10;
/** Of the reserve: what each proxy has at least, for the requests of one worker that dies. */
const shareMin = 10;
/** Exponentials are not taken more often than this. */
const decayEveryMs = 50;

export function newRetryBudget(rules: RetryBudgetRules, now: number): RetryBudget {
  return { rules, earned: 0, reserve: rules.reserve, updatedAt: now };
}

/**
 * The part of one of so many proxies that share a budget. Each earns by its own traffic. Together they never have more
 * than one would (but for `shareMin`); a burst that meets one proxy alone finds only that one's part of the reserve.
 */
export function shareOf(rules: RetryBudgetRules, proxies: number): RetryBudgetRules {
  const reserve = Math.max(rules.reserve / proxies, Math.min(rules.reserve, shareMin));
  return { ratio: rules.ratio, reserve, perSecondMin: rules.perSecondMin / proxies };
}

/** What became of a request: `failed` is a server's error or none at all. */
export function accountFor(budget: RetryBudget, failed: boolean, retries: number, now: number): void {
  if (!failed) earnRetry(budget, now);
  else if (retries > 0) wasteRetry(budget, now);
}

export function wasteRetry(budget: RetryBudget, now: number): void {
  settle(budget, now);
  const fromEarned = Math.min(budget.earned, wasted);
  budget.earned -= fromEarned;
  budget.reserve = Math.max(-wasted, budget.reserve - (wasted - fromEarned));
}

export function earnRetry(budget: RetryBudget, now: number): void {
  if (now - budget.updatedAt >= decayEveryMs) settle(budget, now);
  budget.earned += budget.rules.ratio;
}

/** Takes one retry out of the budget; false when there is none. */
export function spendRetry(budget: RetryBudget, now: number): boolean {
  settle(budget, now);
  if (budget.earned >= 1) {
    budget.earned -= 1;
    return true;
  }
  // Parts of both make one.
  if (budget.earned + budget.reserve < 1) return false;
  budget.reserve -= 1 - budget.earned;
  budget.earned = 0;
  return true;
}

function settle(budget: RetryBudget, now: number): void {
  const elapsedMs = Math.max(0, now - budget.updatedAt);
  const { rules } = budget;
  budget.earned *= Math.exp(-elapsedMs / rememberMs);
  budget.reserve = Math.min(rules.reserve, budget.reserve + (elapsedMs * rules.perSecondMin) / 1000);
  budget.updatedAt = now;
}
