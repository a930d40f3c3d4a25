import { explainRoute } from "../../core/routing/explain.ts";
import { matchRoute } from "../../core/routing/route-index.ts";
import type { RequestFacts } from "../../core/routing/route.ts";
import { isSecretName, redactQuery } from "../../core/requests/secret-names.ts";
import type { RequestHead } from "../../http1/http1.ts";
import type { RequestKey, Route } from "../../protocol/configuration.ts";
import { hopHeaders, noHops } from "../../protocol/hops.ts";
import type { RequestKept, RequestRecord, RequestTry, RouteConsidered } from "../../protocol/requests.ts";
import type { Rules } from "../engine.ts";
import type { Account } from "../exchange/account.ts";
import { hopsOf } from "../exchange/hops.ts";
import { headFacts } from "../exchange/prepare-request.ts";
import { round, type Trail } from "../exchange/trail.ts";
import { traceIdOf } from "../traces/tracer.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import { requestDefaults } from "./request-log.ts";
import { workersConsidered } from "./workers-considered.ts";

const textMax = {
  client: 64,
  path: 1_024,
  query: 1_024,
  host: 255,
  method: 64,
  reason: 200,
  traceId: 32,
} as const;
const triesMax = 16;
const routesShownMax = 6;
/** Of more routes than these no candidates are told. */
const routesLookedAtMax = 500;

export type OwnRecord = Omit<RequestRecord, "proxy" | "at">;

/** A text of its own: a part of a head would keep all of it. */
export function cutCopy(text: string, lengthMax: number): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax - 3)}...` : text;
  return Buffer.from(cut, "latin1").toString("latin1");
}

/** What may be told of its query, as a text of its own, cut to a length. */
export function queryOf(head: RequestHead | undefined, redact: readonly string[]): string {
  return redactQuery(cutCopy(head?.query ?? "", textMax.query), redact);
}

/** What is kept of a request that went through an exchange. */
export function recordOf(
  kept: RequestKept,
  { account, trail, client, tries }: { account: Account; trail: Trail; client: string; tries: RequestTry[] },
  now: number,
): OwnRecord {
  const { answeredAt, startedAt, route, service, subset, reason } = account;
  const { redact } = trail.rules.settings.requests ?? requestDefaults;
  const traceId = traceIdOf(trail);
  return {
    id: account.requestId,
    ...(traceId === undefined ? {} : { traceId: cutCopy(traceId, textMax.traceId) }),
    kept,
    client: cutCopy(client, textMax.client),
    method: cutCopy(account.method, textMax.method),
    host: cutCopy(account.host, textMax.host),
    path: cutCopy(account.path, textMax.path),
    query: queryOf(trail.head, redact),
    status: account.status,
    ...(reason === undefined ? {} : { code: reason }),
    ...(trail.detail === undefined ? {} : { detail: trail.detail }),
    end: trail.end,
    ...(route === undefined ? {} : { route }),
    ...(service === undefined ? {} : { service }),
    ...(subset === undefined ? {} : { subset }),
    queuedMs: round(trail.queuedMs(now)),
    ...(answeredAt === -1 ? {} : { headMs: round(answeredAt - startedAt) }),
    tookMs: round(now - startedAt),
    bytesIn: account.bytesIn,
    bytesOut: account.bytesOut,
    tries: tries.length > triesMax ? [...tries.slice(0, triesMax - 1), ...tries.slice(-1)] : tries,
  };
}

/**
 * Adds what tells its cause, and what to do about it: for every one, since nobody may take what was not recorded for what was not
 * so. `closely`: also each route and worker that there was to choose from. That costs more than a failure does.
 */
export function withDetails(
  record: OwnRecord,
  { head, rules, pool }: Trail,
  closely: boolean,
  now: number,
): OwnRecord {
  const facts = head === undefined ? undefined : headFacts(head);
  // One that its route refused was never sent on by it.
  const route = facts === undefined ? undefined : matchRoute(rules.routes, facts);
  return {
    ...record,
    ...(route === undefined ? {} : { route: route.name }),
    ...(record.code === "rate-limited" && route?.rateLimit ? { detail: keyText(route.rateLimit.key) } : {}),
    limits: { ...limitsOf(rules, pool, route), ...clientsTime(head) },
    ...(closely ? { routes: facts === undefined ? [] : routesConsidered(rules, facts) } : {}),
    ...(pool === undefined ? {} : { workers: workersConsidered(pool, record, closely, now) }),
  };
}

/** As it is configured. */
function keyText(key: RequestKey): string {
  return "name" in key ? `${key.from}:${key.name}`.slice(0, textMax.reason) : key.from;
}

/** What its client gave it, if it named a time. */
function clientsTime(head: RequestHead | undefined): Record<string, number> {
  const { mostMs } = head === undefined ? noHops : hopsOf(head);
  return mostMs === Infinity ? {} : { [hopHeaders.budget]: mostMs };
}

function limitsOf(
  { settings }: Rules,
  pool: ServicePool | undefined,
  route: Route | undefined,
): Record<string, number> {
  const { timeouts, limits } = settings;
  return {
    "timeouts.head": timeouts.headMs,
    "timeouts.stalledClient": timeouts.stalledClientMs,
    "timeouts.connect": timeouts.connectMs,
    "timeouts.noWorkerWait": timeouts.noWorkerWaitMs,
    "limits.head": limits.headBytesMax,
    "limits.target": limits.targetBytesMax,
    "limits.fields": limits.fieldsMax,
    "limits.workerHead": limits.workerHeadBytesMax,
    "limits.workerFields": limits.workerFieldsMax,
    ...(route === undefined ? {} : { "route.timeout": route.headTimeoutMs }),
    ...(route?.bodyBytesMax === undefined ? {} : { "route.body": route.bodyBytesMax }),
    ...(pool === undefined
      ? {}
      : { "queue.max": pool.settings.queue.max, "queue.wait": pool.settings.queue.waitMs }),
  };
}

/** The chosen one, and of the others those that fit best. */
function routesConsidered({ routes }: Rules, facts: RequestFacts): RouteConsidered[] {
  if (routes.routes.length > routesLookedAtMax) return [];
  const order = { chosen: 0, later: 1, no: 2 } as const;
  return explainRoute(routes.routes, facts)
    .map(({ route, verdict, reasons }) => ({ name: route.name, verdict, reasons }))
    .sort(
      (one, other) => order[one.verdict] - order[other.verdict] || one.reasons.length - other.reasons.length,
    )
    .slice(0, routesShownMax)
    .map(({ reasons, ...rest }) => ({
      ...rest,
      reasons: reasons.map((reason) => cutCopy(withoutSecret(reason), textMax.reason)),
    }));
}

/** What a request has in a secret header that a route asks for. */
function withoutSecret(reason: string): string {
  return reason.replace(/^(header (\S+) .*), but ".*"$/s, (whole, before: string, name: string) =>
    isSecretName(name) ? `${before}, but another` : whole,
  );
}
