/** Where a request stands in its trace, as W3C Trace Context tells it from hop to hop. */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case, not all zero. */
  traceId: string;
  /** Of the span that caused the request: 16 digits likewise. */
  parentId: string;
  /** Those that are known (`traceFlags`), or-ed. */
  flags: number;
}

/** `random` (level 2): the rightmost 7 bytes of the trace's id are drawn by chance, so that samplers may go by them. */
export const traceFlags = { sampled: 1, random: 2 } as const;

const knownFlags = traceFlags.sampled | traceFlags.random;

const form = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const zeros = /^0+$/;

/**
 * What a `traceparent` says; undefined: it is not valid, and the trace begins anew. Of a later version the part that is
 * known counts, and what follows it does not.
 */
export function readTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId = "", parentId = "", flags = "", rest] = form.exec(text) ?? [];
  if (version === undefined || version === "ff" || zeros.test(traceId) || zeros.test(parentId))
    return undefined;
  if (version === "00" && rest !== undefined) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) & knownFlags };
}

/** In the version that is spoken here, whatever the one was that came. */
export function writeTraceparent({ traceId, parentId, flags }: TraceContext): string {
  return `00-${traceId}-${parentId}-0${flags & knownFlags}`;
}
