import { causeOfSlowness } from "../../core/requests/cause.ts";
import { isSecretName, redactQuery } from "../../core/requests/secret-names.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { RequestKept, RequestTry } from "../../protocol/requests.ts";
import { traceIdOf } from "../traces/tracer.ts";
import type { Engine } from "../engine.ts";
import type { Account } from "../exchange/account.ts";
import { round, type Trail } from "../exchange/trail.ts";
import { requestDefaults } from "./request-log.ts";
import { type OwnRecord, queryOf, recordOf, withDetails } from "./request-record.ts";

/** From this status on a worker's own answer counts as failed. */
const failedFrom = 500;
const headerLengthMax = 512;

/**
 * A request is over: what is kept of it, and its line in the access log. Every request comes by here, so that one
 * that is neither kept nor logged costs some comparisons.
 */
export function tellFinished(engine: Engine, account: Account, trail: Trail, origin: Origin): void {
  const { accessLog, requestLog, wheel } = engine;
  const settings = trail.rules.settings.requests ?? requestDefaults;
  const kept = requestLog.keeps(
    hasFailed(account, trail),
    account.answeredAt - account.startedAt,
    settings,
    wheel.now,
  );
  const logged = accessLog.on && (telling(kept) || isDrawn(engine));
  const traced = trail.trace?.start.recorded === true;
  if (kept === undefined && !logged && !traced) return;
  const now = engine.clock.now();
  const client = origin.clientOf(trail.head);
  const past = trail.triesUntil(now);
  const tries = past.map(({ told }) => told);
  if (logged) log(engine, account, trail, client, tries, now);
  if (kept === undefined && !traced) return;
  const brief = recordOf(kept ?? "sampled", { account, trail, client, tries }, now);
  if (traced) engine.tracer?.finish(brief, trail, past, now);
  if (kept === undefined) return;
  const record = withDetails(brief, trail, requestLog.affordsCloseLook(now), now);
  requestLog.keep(ringOf(kept, brief, account, trail), record, now - account.startedAt, settings.keep);
}

/** Records of the same push each other out: uploads are slow by their nature, and leave those that others made slow. */
function ringOf(kept: RequestKept, record: OwnRecord, { reason }: Account, { end }: Trail): string {
  if (kept === "failed") return reason ?? end;
  return kept === "slow" ? causeOfSlowness(record) : kept;
}

function hasFailed({ status }: Account, { end }: Trail): boolean {
  if (end === "own") return status >= 400;
  // Either side may end a tunnel: that is no failure of its request.
  if (end === "client-gone") return status !== 101;
  return end !== "whole" || status >= failedFrom;
}

function telling(kept: string | undefined): boolean {
  return kept === "failed" || kept === "slow";
}

/** Of those that are told only as samples. */
export function isDrawn({ accessLog, random }: Engine): boolean {
  const { sample } = accessLog.lines;
  return sample >= 1 || random() < sample;
}

function log(
  engine: Engine,
  account: Account,
  trail: Trail,
  client: string,
  tries: RequestTry[],
  now: number,
): void {
  const { redact } = trail.rules.settings.requests ?? requestDefaults;
  const traceId = traceIdOf(trail);
  engine.accessLog.write({
    requestId: account.requestId,
    ...(traceId === undefined ? {} : { traceId }),
    client,
    method: account.method,
    host: account.host,
    path: account.path,
    query: queryOf(trail.head, redact),
    status: account.status,
    reason: account.reason,
    route: account.route,
    service: account.service,
    worker: account.worker,
    picks: tries.map(({ worker, chosenMs }) => ({ worker, at: account.startedAt + chosenMs })),
    tries,
    end: trail.end,
    queuedMs: round(trail.queuedMs(now)),
    retries: account.retries,
    elapsedMs: round(now - account.startedAt),
    bytesIn: account.bytesIn,
    bytesOut: account.bytesOut,
    ...headersOf(trail.head, engine.accessLog.lines.headers, redact),
  });
}

/** Those asked for; of secret ones only that they were there. A value may be a URL, as of `referer`: its query is as secret as the target's. */
export function headersOf(
  head: RequestHead | undefined,
  names: readonly string[],
  redact: readonly string[],
): { headers?: Record<string, string> } {
  if (head === undefined || names.length === 0) return {};
  const found = names.flatMap((name): [string, string][] => {
    const value = head.header(name);
    if (value === undefined) return [];
    return [[name, isSecretName(name) ? "***" : redactQuery(value.slice(0, headerLengthMax), redact)]];
  });
  return { headers: Object.fromEntries(found) };
}
