import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { Readable } from "node:stream";

/** `fetch` with authorities of one's own (PEM): node's own knows those of the system alone, which count where there are none. */
export async function secureFetch(url: URL, init: RequestInit, ca: string | undefined): Promise<Response> {
  const { method = "GET", headers = {}, body, signal } = init;
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, {
      method,
      headers: headers as Record<string, string>,
      ...(signal === undefined || signal === null ? {} : { signal }),
      ...(ca === undefined ? {} : { ca }),
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
