import { existsSync, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { Readable } from "node:stream";

/**
 * `fetch` with the authorities of a file: node's own knows those of the system alone. Where the file is not there, the
 * system's count.
 */
export async function secureFetch(url: URL, init: RequestInit, caFile: string): Promise<Response> {
  const { method = "GET", headers = {}, body, signal } = init;
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const ca = existsSync(caFile) ? { ca: readFileSync(caFile) } : {};
    const outgoing = request(url, {
      method,
      headers: headers as Record<string, string>,
      ...(signal === undefined || signal === null ? {} : { signal }),
      ...ca,
    });
    outgoing.on("response", resolve);
    outgoing.on("error", (error) => reject(signal?.aborted === true ? (signal.reason as Error) : error));
    outgoing.end(typeof body === "string" ? body : undefined);
  });
  const { statusCode: status = 500 } = incoming;
  const fields = Object.entries(incoming.headers).filter(([, value]) => typeof value === "string");
  const answer = status === 204 || status === 304 ? null : (Readable.toWeb(incoming) as ReadableStream);
  return new Response(answer, { status, headers: fields as [string, string][] });
}
