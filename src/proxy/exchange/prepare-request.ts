import type { PriorityRules } from "../../core/admission/priority.ts";
import { chooseTarget, rewritePath } from "../../core/routing/forwarding.ts";
import { matchRoute } from "../../core/routing/route-index.ts";
import type { RequestFacts } from "../../core/routing/route.ts";
import {
  type Origin,
  plainRequestId,
  type RequestHead,
  type RequestId,
  writeRequestHead,
} from "../../http1/http1.ts";
import type { RateLimit, Route } from "../../protocol/configuration.ts";
import { budgetField, type Hops, noHops } from "../../protocol/hops.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import type { Engine, Rules } from "../engine.ts";
import { hopsOf } from "./hops.ts";

/** What an exchange needs to know of a request to send it to any worker, any number of times. */
export interface ForwardedRequest {
  route: string;
  service: string;
  subset: string | undefined;
  /** The whole head for a worker, as text. */
  head: string;
  chunked: boolean;
  /** It may take as long as it takes to come, while its client goes on with it. */
  hasBody: boolean;
  upgrade: string;
  headTimeoutMs: number;
  bodyBytesMax: number;
  routeRetries: boolean;
  priority: PriorityRules | undefined;
  rateLimit: RateLimit | undefined;
  /** Of a method that is not idempotent, and bears a key by which its service knows a repetition. */
  keyed: boolean;
  hops: Hops;
}

/** In place of a request that was not routed yet. */
export const nothingToForward: ForwardedRequest = {
  route: "",
  service: "",
  subset: undefined,
  head: "",
  chunked: false,
  hasBody: false,
  upgrade: "",
  headTimeoutMs: 0,
  bodyBytesMax: Infinity,
  routeRetries: false,
  priority: undefined,
  rateLimit: undefined,
  keyed: false,
  hops: noHops,
};

/** The routing rules' view of a head. One is enough: it is used within one call. */
class HeadFacts implements RequestFacts {
  head!: RequestHead;

  get host(): string {
    return this.head.host;
  }

  get path(): string {
    return this.head.path;
  }

  get query(): string {
    return this.head.query.slice(1);
  }

  get method(): string {
    return this.head.method;
  }

  header(name: string): string | undefined {
    return this.head.header(name);
  }
}

const facts = new HeadFacts();

/** The same for other eyes: for as long as the head is valid. */
export function headFacts(head: RequestHead): RequestFacts {
  const own = new HeadFacts();
  own.head = head;
  return own;
}

/** Route, service and the head to forward; or the problem. `traced`: without the trace context that came. */
export function prepareRequest(
  engine: Engine,
  rules: Rules,
  head: RequestHead,
  origin: Origin,
  requestId: RequestId,
  traced: boolean,
): ForwardedRequest | ProblemName {
  if (!rules.ready) return "notReady";
  if (isMeantForTls(head.target, origin)) return "schemeRefused";
  // The question whether this gateway serves: what watches a virtual IP, and clients, ask it.
  if (head.maxForwards === 0) return engine.settled ? "lastHop" : "notReady";
  facts.head = head;
  const route = matchRoute(rules.routes, facts);
  if (route === undefined) return "noRoute";
  const problem = refusal(head, route);
  if (problem !== undefined) return problem;
  const upgrade = allowsUpgrade(route, head.upgrade) ? head.upgrade : "";
  const hops = hopsOf(head);
  const hasBody = head.framing === "chunked" || head.contentLength > 0;
  const target = chooseTarget(route, engine.random);
  return {
    route: route.name,
    service: target?.service ?? "",
    subset: target?.subset,
    head: writeRequestHead(head, {
      origin,
      target: rewrittenTarget(route, head),
      requestId,
      // Another budget than the route's is told when the request is sent: it shrinks until then.
      budget: hops.mostMs === Infinity ? routeBudget(route.headTimeoutMs, hasBody) : undefined,
      upgrade,
      traced,
    }),
    chunked: head.framing === "chunked",
    hasBody,
    upgrade,
    headTimeoutMs: route.headTimeoutMs,
    bodyBytesMax: route.bodyBytesMax ?? Infinity,
    routeRetries: route.retry,
    priority: route.priority,
    rateLimit: route.rateLimit,
    keyed: route.idempotencyKey === true && head.header("idempotency-key") !== undefined,
    hops,
  };
}

/** Where the client named no time. */
export function routeBudget(headTimeoutMs: number, hasBody: boolean): string {
  return budgetField(headTimeoutMs, hasBody ? Infinity : undefined);
}

/** Undefined: as it came. `*` is no path. */
function rewrittenTarget(route: Route, head: RequestHead): string | undefined {
  if (route.rewrite === undefined || head.path === "*") return undefined;
  return rewritePath(route, head.path) + head.query;
}

/** A trusted peer's own id stays, so that one request has one id all the way. */
export function requestIdOf(engine: Engine, head: RequestHead, origin: Origin): RequestId {
  const given = origin.trusted ? head.header("x-request-id") : undefined;
  return (given === undefined ? undefined : plainRequestId(given)) ?? engine.requestIds.next();
}

/** An https target over plain HTTP (RFC 9110 7.4); a trusted proxy may have taken the TLS off. */
export function isMeantForTls(target: string, origin: Origin): boolean {
  const first = target.charCodeAt(0);
  if (first === 0x2f || first === 0x2a || origin.protocol === "https" || origin.trusted) return false;
  return /^https:/i.test(target);
}

function refusal(head: RequestHead, route: Route): ProblemName | undefined {
  if (head.encodedSlash && !route.allowEncodedSlash) return "badPath";
  if (route.bodyBytesMax !== undefined && head.contentLength > route.bodyBytesMax) return "bodyTooLarge";
  return undefined;
}

function allowsUpgrade(route: Route, protocol: string): boolean {
  return protocol === "websocket" || (protocol !== "" && route.upgrades.includes(protocol));
}
