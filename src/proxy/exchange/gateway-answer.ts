import { hopHeaders } from "../../protocol/hops.ts";
import type { RequestHead } from "../../http1/http1.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import { type ProblemBody, type ProblemName, problems } from "../../protocol/problem.ts";
import { errorPage, pagePolicy } from "./error-page.ts";
import { prefersPage } from "./prefers-page.ts";

/** An answer that the gateway itself makes: whole, small, and the same for every protocol on the client's side. */
export interface GatewayAnswer {
  status: number;
  code: string;
  /** Without framing. */
  fields: readonly (readonly [name: string, value: string])[];
  body: string;
}

/** What a developer can do; shown where `hints` is on. `$service` and `$path` are put in. */
const hints: Partial<Record<ProblemName, string>> = {
  noRoute:
    "Add a route for this path to the configuration, or ask `skein routes` and `skein route test GET $path`.",
  noLiveWorker:
    "Start a worker that joins '$service' (join(server, '$service')), or ask `skein ps` why its workers are out.",
  queueFull: "Start more workers of '$service', or raise its queue.max or the workers' maxInFlight.",
  queueTimeout: "Start more workers of '$service', or raise its queue.wait or the workers' maxInFlight.",
  displaced: "Start more workers of '$service', or raise its queue.max or the workers' maxInFlight.",
  rateLimited: "Raise the route's rateLimit, or set its key so that different clients are told apart.",
  workerRefused: "No process listens at the addresses of '$service'. `skein ps` shows them.",
  workerUntrusted:
    "The workers of '$service' show certificates that cannot be verified. The proxy's log says why; see tls.ca and tls.name.",
  outcomeUnknown:
    "The worker died while it had this request. Look at its log; repeat only what is idempotent.",
  workerReset: "The worker died while it had this request. Look at its log.",
  headTimeout:
    "The worker took longer than the route's timeout, or than the client gave. Raise that, or find what blocks the worker.",
  connectTimeout:
    "The workers of '$service' do not take connections. Are their addresses reachable from here?",
  badAnswer:
    "The worker's answer breaks HTTP/1.1. Look for doubled Content-Length or line feeds in its headers.",
  misdirected: "Name the same host in the URL and in the Host header.",
  notReady: "The proxy waits for its first routing table from a controller. `skein leader` shows them.",
};

export interface AnswerContext {
  requestId: string;
  hints: boolean;
  /** Nobody before this hop is to repeat the request. */
  spent?: boolean;
  service?: string | undefined;
  path?: string | undefined;
  /** Of this answer only. */
  fields?: readonly (readonly [name: string, value: string])[] | undefined;
  /** In HTML: see `wantsPage`. */
  page?: boolean;
}

/** Browsers get a page, unless the configuration says otherwise. */
export function wantsPage({ errorPages }: ProxySettings, head: RequestHead | undefined): boolean {
  if (errorPages === false || head === undefined) return false;
  const accept = head.header("accept");
  return accept !== undefined && prefersPage(accept);
}

/** Fixed texts: nothing of a worker's address or of its errors reaches a client (only names from the configuration, and only as hints). */
export function gatewayAnswer(name: ProblemName, context: AnswerContext): GatewayAnswer {
  const problem = problems[name];
  const body: ProblemBody = {
    type: `urn:skein:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
  };
  const hint = context.hints ? hints[name] : undefined;
  if (hint !== undefined) {
    body.hint = hint
      .replaceAll("$service", () => context.service ?? "?")
      .replaceAll("$path", () => context.path ?? "/");
  }
  if (context.requestId !== "") {
    body.requestId = context.requestId;
    if (problem.status >= 400) body.why = `skein why ${context.requestId}`;
  }
  const page = context.page === true && problem.status >= 400;
  const fields: [string, string][] = [
    ["Content-Type", page ? "text/html; charset=utf-8" : "application/problem+json"],
    ["x-skein-reason", problem.code],
    ["Cache-Control", "no-store"],
  ];
  if (context.requestId !== "") fields.push(["x-request-id", context.requestId]);
  if (context.fields !== undefined) for (const [field, value] of context.fields) fields.push([field, value]);
  if (context.spent === true && problem.status >= 500) fields.push([hopHeaders.retry, "no"]);
  if (problem.status === 503) fields.push(["Retry-After", "1"]);
  if (name === "methodRefused" || name === "lastHop")
    fields.push(["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]);
  if (page) fields.push(["Content-Security-Policy", pagePolicy], ["X-Content-Type-Options", "nosniff"]);
  const text = page ? errorPage(body, problem) : JSON.stringify(body);
  return { status: problem.status, code: problem.code, fields, body: text };
}
