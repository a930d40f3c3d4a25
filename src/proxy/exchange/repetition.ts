import { spendRetry } from "../../core/retry/budget.ts";
import { decideRetry, type RetryDecision, type TryFacts } from "../../core/retry/retry.ts";
import type { Engine } from "../engine.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Account } from "./account.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import type { Trail } from "./trail.ts";

/** What the exchange alone knows of a failed try. */
export type FailedTry = Pick<
  TryFacts,
  "failure" | "knownUnstarted" | "idempotent" | "answerBegan" | "answerForwarded" | "anotherWorker"
>;

/** Whether one exchange's request is sent again, and what that costs its service. */
export class Repetition {
  readonly #engine: Engine;
  readonly #account: Account;
  readonly #request: OutgoingRequest;
  readonly #trail: Trail;

  constructor(engine: Engine, account: Account, request: OutgoingRequest, trail: Trail) {
    this.#engine = engine;
    this.#account = account;
    this.#request = request;
    this.#trail = trail;
  }

  decide(failed: FailedTry): RetryDecision {
    const { hops, held, forwarded } = this.#request;
    const facts: TryFacts = {
      ...failed,
      repetition: hops.repetition,
      bodyReplayable: !held.gone,
      retries: this.#account.retries,
      deadlinePassed: this.#engine.clock.now() >= hops.until,
      routeRetries: forwarded.routeRetries,
    };
    return this.#trail.decided(facts, decideRetry(facts));
  }

  /** False: the service's budget is empty. */
  pay(pool: ServicePool, now: number): boolean {
    this.#request.hops.spent = true;
    const paid = spendRetry(pool.budget, now);
    this.#engine.statistics.retries[paid ? "taken" : "denied"] += 1;
    if (paid) this.#account.retries += 1;
    return paid;
  }
}
