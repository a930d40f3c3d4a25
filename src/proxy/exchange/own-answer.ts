import { accountFor } from "../../core/retry/budget.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import type { Engine } from "../engine.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Account } from "./account.ts";
import { type GatewayAnswer, gatewayAnswer, wantsPage } from "./gateway-answer.ts";
import { shedding } from "./standing.ts";
import type { Trail } from "./trail.ts";

/** What an answer of the gateway's own is made of, and counted for. */
export interface OwnAnswerContext {
  engine: Engine;
  account: Account;
  trail: Trail;
  /** Where the request was to go, if that was known. */
  pool: ServicePool | undefined;
  /** Nobody before this hop is to repeat the request. */
  spent: boolean;
}

/** The gateway itself answers a request, once: counts it and notes it as the request's end. */
export function ownAnswer(
  problem: ProblemName,
  fields: GatewayAnswer["fields"] | undefined,
  { engine, account, trail, pool, spent }: OwnAnswerContext,
): GatewayAnswer {
  const { settings } = trail.rules;
  const answer = gatewayAnswer(problem, {
    requestId: account.requestId,
    spent,
    hints: settings.hints,
    service: account.service,
    path: account.path,
    fields,
    page: wantsPage(settings, trail.head),
  });
  if (pool !== undefined) accountFor(pool.budget, true, account.retries, engine.wheel.now);
  engine.statistics.problem(answer.code);
  if (pool !== undefined && shedding.has(problem)) pool.counters.shed += 1;
  account.answered(answer.status, engine.clock.now(), answer.code);
  trail.end = "own";
  return answer;
}
