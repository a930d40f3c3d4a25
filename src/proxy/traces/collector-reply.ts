/** Of a Retry-After: seconds, or a date. Undefined: neither. */
export function retryAfterMs(text: string | undefined, wallNowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallNowMs);
}

/** What the collector says of a batch that it took in part. */
export function readPartialSuccess(body: string): { rejected: number; message: string } {
  try {
    const { partialSuccess } = JSON.parse(body) as {
      partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } | null;
    };
    const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
    const message = partialSuccess?.errorMessage;
    return {
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      message: typeof message === "string" ? message.slice(0, 300) : "",
    };
  } catch {
    return { rejected: 0, message: "" };
  }
}
