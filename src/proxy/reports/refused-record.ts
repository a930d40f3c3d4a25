import type { Origin, RequestHead, RequestId, RequestParser } from "../../http1/http1.ts";
import type { Socket } from "node:net";
import type { Engine } from "../engine.ts";
import { type GatewayAnswer, gatewayAnswer, wantsPage } from "../exchange/gateway-answer.ts";
import { redirectToHttps } from "../client/redirect.ts";
import { plainAddress } from "../peer.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import { requestDefaults } from "./request-log.ts";
import { cutCopy, queryOf } from "./request-record.ts";
import { headersOf, isDrawn } from "./tell-finished.ts";

interface Refused {
  id: RequestId;
  /** Undefined: it was not understood, or did not come in full. */
  head: RequestHead | undefined;
  /** Its address. */
  client: string;
  code: string;
  status: number;
  /** What was wrong with it. */
  detail: string | undefined;
  /** Since when it came. */
  sinceMs: number;
}

/** Names in a query whose values are secret, besides those that look so. */
function redactedIn(engine: Engine): readonly string[] {
  return (engine.rules().settings.requests ?? requestDefaults).redact;
}

/** What its record and its line in the access log begin with: texts of their own, cut to a length. */
function briefOf(engine: Engine, { id, head, client, code, status, sinceMs }: Refused) {
  return {
    id,
    client: cutCopy(client, 64),
    method: cutCopy(head?.method ?? "", 64),
    host: cutCopy(head?.host ?? "", 255),
    path: cutCopy(head?.path ?? "", 1_024),
    query: queryOf(head, redactedIn(engine)),
    status,
    code,
    tookMs: Math.max(0, engine.wheel.now - sinceMs),
  };
}

type Brief = ReturnType<typeof briefOf>;

/** Tells what the client's half refused: it never was an exchange. */
function tellRefused(engine: Engine, refused: Refused): void {
  const brief = briefOf(engine, refused);
  if (engine.accessLog.on) log(engine, brief, refused.head);
  keep(engine, brief, refused.detail);
}

function keep(engine: Engine, brief: Brief, detail: string | undefined): void {
  const { settings } = engine.rules();
  const { code, tookMs } = brief;
  engine.requestLog.keep(
    code,
    {
      ...brief,
      kept: "failed",
      ...(detail === undefined ? {} : { detail }),
      end: "own",
      queuedMs: 0,
      headMs: tookMs,
      bytesIn: 0,
      bytesOut: 0,
      tries: [],
      limits: {
        "timeouts.head": settings.timeouts.headMs,
        "limits.head": settings.limits.headBytesMax,
        "limits.target": settings.limits.targetBytesMax,
        "limits.fields": settings.limits.fieldsMax,
      },
    },
    tookMs,
    (settings.requests ?? requestDefaults).keep,
  );
}

function log(engine: Engine, brief: Brief, head: RequestHead | undefined): void {
  const { accessLog } = engine;
  const { id, code, tookMs, ...known } = brief;
  accessLog.write({
    requestId: id,
    ...known,
    reason: code,
    route: undefined,
    service: undefined,
    worker: undefined,
    picks: [],
    tries: [],
    end: "own",
    queuedMs: 0,
    retries: 0,
    elapsedMs: tookMs,
    bytesIn: 0,
    bytesOut: 0,
    ...headersOf(head, accessLog.lines.headers, redactedIn(engine)),
  });
}

/** The answer to a request that never becomes an exchange. `sinceMs`: since its head comes. */
export function refusedRequest(
  engine: Engine,
  parser: RequestParser,
  problem: ProblemName,
  origin: Origin,
  sinceMs: number,
): GatewayAnswer {
  const id = engine.requestIds.next();
  const head = parser.state === "complete" ? parser.head : undefined;
  const page = wantsPage(engine.rules().settings, head);
  const answer = gatewayAnswer(problem, { requestId: id, hints: false, page });
  const { code, status } = answer;
  const client = origin.clientOf(head);
  tellRefused(engine, { id, head, client, code, status, detail: parser.failure?.detail, sinceMs });
  return answer;
}

/** The answer to a connection that is refused before anything of a request was read. */
export function refusedConnection(
  engine: Engine,
  socket: Socket,
  problem: "tooManyConnections" | "plainHttp",
): GatewayAnswer {
  const id = engine.requestIds.next();
  const answer = gatewayAnswer(problem, { requestId: id, hints: false });
  const { code, status } = answer;
  const client = plainAddress(socket.remoteAddress ?? "");
  tellRefused(engine, { id, head: undefined, client, code, status, detail: undefined, sinceMs: Infinity });
  return answer;
}

/** The answer to a request in clear that is sent on to `port`, by TLS: no failure. `sinceMs`: since its head comes. */
export function redirectedRequest(
  engine: Engine,
  head: RequestHead,
  port: number,
  origin: Origin,
  sinceMs: number,
): GatewayAnswer {
  const id = engine.requestIds.next();
  const answer = redirectToHttps(head, port, id);
  const { code, status } = answer;
  const client = origin.clientOf(head);
  if (engine.accessLog.on && isDrawn(engine)) {
    log(engine, briefOf(engine, { id, head, client, code, status, detail: undefined, sinceMs }), head);
  }
  return answer;
}
