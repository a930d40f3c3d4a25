import { causeOf } from "../core/requests/cause.ts";
import { explainRequest } from "../core/requests/why.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import { type Departure, departuresOf } from "../protocol/history.ts";
import type {
  ExplainedRequest,
  RequestKept,
  RequestRecord,
  RequestReply,
  RequestsFound,
  RequestsReply,
  RequestsWanted,
} from "../protocol/requests.ts";
import { SkeinError } from "../protocol/error.ts";
import { problemCodes } from "../protocol/problem.ts";
import type { ControlPorts } from "./ports.ts";
import { route, type RouteDefinition } from "./routes.ts";
import { proxyAnswerSchema, requestsWantedSchema } from "./request-schema.ts";
import { wholeNumber } from "./system-routes.ts";

const limitDefault = 50;
const limitMax = 200;
const eventsPage = 1_000;
/** Answers between controllers have a limit; the last records are left out then. */
const hereLengthMax = 200_000;
const kinds: readonly RequestKept[] = ["failed", "slow", "sampled"];

const filters = {
  kept: "Only failed, slow or sampled ones",
  code: "Only those that the gateway answered so, as no-live-worker",
  service: "Only those of this service",
  status: "Only from this status on",
  slowest: "1: the slowest first, instead of the newest",
  limit: `At most so many (default ${limitDefault}, at most ${limitMax})`,
};

/** What the proxies remember of recent requests, and what it comes to. */
export function requestRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/v1/requests",
      summary: "Recent requests that failed, were slow, or are samples, of all proxies, and why",
      access: "read",
      query: filters,
      replies: { 200: "the requests, the newest first", 400: "not understood" },
      async handle({ query }) {
        const { records, asked } = await ports.requests(wantedOf(query), true);
        return { json: { v: 1, requests: records.map(explained), asked } satisfies RequestsReply };
      },
    },
    // A POST, as all that a controller asks of another: older ones know nothing else.
    route({
      method: "POST",
      path: "/v1/records",
      summary: "The same as records, of the proxies of this controller alone; for other controllers",
      access: "internal",
      body: { schema: requestsWantedSchema, bytesMax: 4_096 },
      replies: { 200: "the records" },
      async handle({ body }) {
        return { json: shortened(await ports.requests(body, false)) };
      },
    }),
    {
      method: "GET",
      path: "/v1/requests/{id}",
      summary: "What became of one request, and why",
      access: "read",
      replies: { 200: "the request", 404: "no proxy has a record of it" },
      async handle({ params }) {
        const id = params["id"] ?? "";
        const { records, asked } = await ports.requests({ id, limit: 1 }, true);
        const record = records[0];
        if (record === undefined) throw new SkeinError("requestUnknown", unknown(asked));
        const why = explainRequest(record, await departuresBefore(record, ports));
        return { json: { v: 1, request: { ...record, why } } satisfies RequestReply };
      },
    },
    route({
      method: "POST",
      path: "/v1/answers",
      summary: "A proxy's answer to a question on its table stream",
      access: "internal",
      body: { schema: proxyAnswerSchema, bytesMax: 4 * 1024 * 1024 },
      replies: { 204: "taken", 404: "nobody asked this" },
      handle({ body }) {
        if (!ports.answered(body)) throw new SkeinError("notFound", "Nobody waits for this answer.");
        return { status: 204 };
      },
    }),
  ];
}

function explained(record: RequestRecord): ExplainedRequest {
  return { ...record, why: explainRequest(record) };
}

/** Read only for a request that found nobody: all that is remembered is looked through. */
async function departuresBefore(record: RequestRecord, ports: ControlPorts): Promise<Departure[]> {
  const { service, at, tookMs } = record;
  if (service === undefined || causeOf(record) !== "no-worker") return [];
  const events: ClusterEvent[] = [];
  for (let more = true; more;) {
    const page = await ports.events(events.at(-1)?.id ?? 0, eventsPage);
    events.push(...page);
    more = page.length === eventsPage;
  }
  // It waited for one until its end.
  return departuresOf(service, new Date(Date.parse(at) + tookMs).toISOString(), events);
}

function unknown({ proxies, silent }: RequestsFound["asked"]): string {
  const asked = `${proxies.length} ${proxies.length === 1 ? "proxy was" : "proxies were"} asked`;
  const missing = silent.length === 0 ? "" : `; no answer from ${silent.join(", ")}`;
  return `No proxy has a record of this request (${asked}${missing}). Kept are recent ones that failed, were slow, or are samples; a proxy that was replaced has forgotten its own, and gateways that share no store have to be asked each.`;
}

function wantedOf(query: URLSearchParams): RequestsWanted {
  const wanted: RequestsWanted = { limit: wholeNumber(query.get("limit"), "limit", limitDefault, limitMax) };
  const kept = query.get("kept");
  if (kept !== null) wanted.kept = keptOf(kept);
  const code = query.get("code");
  if (code !== null) wanted.code = codeOf(code);
  const service = query.get("service");
  if (service !== null) wanted.service = service;
  if (query.has("status")) wanted.status = wholeNumber(query.get("status"), "status", 0, 999);
  if (query.get("slowest") === "1") wanted.slowest = true;
  return wanted;
}

function keptOf(text: string): RequestKept {
  const kept = kinds.find((kind) => kind === text);
  if (kept !== undefined) return kept;
  throw new SkeinError("invalid", `kept: must be one of ${kinds.join(", ")}.`);
}

/** A mistaken one would find nothing, as if all were well. */
function codeOf(text: string): string {
  const code = problemCodes.find((one) => one === text);
  if (code !== undefined) return code;
  throw new SkeinError(
    "invalid",
    "code: the gateway gives no answer with this code; docs/errors.md lists them.",
  );
}

function shortened(found: RequestsFound): RequestsFound {
  let length = 0;
  const records = found.records.filter((record) => (length += JSON.stringify(record).length) < hereLengthMax);
  return { ...found, records };
}
