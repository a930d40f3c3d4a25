import type { Origin, RequestHead, RequestId } from "../../http1/http1.ts";
import { redactQuery } from "../../core/requests/secret-names.ts";
import type { Engine } from "../engine.ts";
import { requestDefaults } from "./request-log.ts";
import { cutCopy } from "./request-record.ts";

export interface Refused {
  id: RequestId;
  /** Undefined: it was not understood, or did not come in full. */
  head: RequestHead | undefined;
  origin: Origin;
  code: string;
  status: number;
  /** What was wrong with it. */
  detail: string | undefined;
  /** Since when it came. */
  sinceMs: number;
}

/** Keeps a record of what the client's half refused: it never was an exchange. */
export function tellRefused(
  engine: Engine,
  { id, head, origin, code, status, detail, sinceMs }: Refused,
): void {
  const { settings } = engine.rules();
  const { keep, redact } = settings.requests ?? requestDefaults;
  const tookMs = Math.max(0, engine.wheel.now - sinceMs);
  engine.requestLog.keep(
    code,
    {
      id,
      kept: "failed",
      client: origin.address,
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
