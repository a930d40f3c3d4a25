/**
 * How many retries may be added to the traffic of a service: each answer that is no server's error earns `ratio` of a
 * retry, which is forgotten within some ten seconds; besides there is a reserve that refills slowly. So a burst of
 * failures can be repeated, and a service that only fails gets what the reserve has and no more: where nothing
 * succeeds, repeating is no help. (As gRPC's throttling, proposal A6, earns by success.) Changed in place.
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
/** Exponentials are not taken more often than this. */
const decayEveryMs = 50;

export function newRetryBudget(rules: RetryBudgetRules, now: number): RetryBudget {
  return { rules, earned: 0, reserve: rules.reserve, updatedAt: now };
}

/** A request was answered, and not by a server's error. */
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
