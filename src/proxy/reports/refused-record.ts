import type { RequestHead, RequestId, RequestParser } from "../../http1/http1.ts";
import type { Socket } from "node:net";
import { redactQuery } from "../../core/requests/secret-names.ts";
import type { Engine } from "../engine.ts";
import { type GatewayAnswer, gatewayAnswer, wantsPage } from "../exchange/gateway-answer.ts";
import { plainAddress } from "../peer.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import { requestDefaults } from "./request-log.ts";
import { cutCopy } from "./request-record.ts";

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

/** Keeps a record of what the client's half refused: it never was an exchange. */
function tellRefused(engine: Engine, { id, head, client, code, status, detail, sinceMs }: Refused): void {
  const { settings } = engine.rules();
  const { keep, redact } = settings.requests ?? requestDefaults;
  const tookMs = Math.max(0, engine.wheel.now - sinceMs);
  engine.requestLog.keep(
    code,
    {
      id,
      kept: "failed",
      client,
      method: cutCopy(head?.method ?? "", 64),
      host: cutCopy(head?.host ?? "", 255),
      path: cutCopy(head?.path ?? "", 1_024),
      query: redactQuery(cutCopy(head?.query ?? "", 1_024), redact),
      status,
      code,
      ...(detail === undefined ? {} : { detail }),
      end: "own",
      queuedMs: 0,
      headMs: tookMs,
      tookMs,
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
    keep,
  );
}

/** The answer to a request that never becomes an exchange. `sinceMs`: since its head comes. */
export function refusedRequest(
  engine: Engine,
  parser: RequestParser,
  problem: ProblemName,
  client: string,
  sinceMs: number,
): GatewayAnswer {
  const id = engine.requestIds.next();
  const head = parser.state === "complete" ? parser.head : undefined;
  const page = wantsPage(engine.rules().settings, head);
  const answer = gatewayAnswer(problem, { requestId: id, hints: false, page });
  const { code, status } = answer;
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
