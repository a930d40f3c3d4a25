import { freshOptions, readConnection } from "../../http1/connection-options.ts";
import { SkeinError } from "../../protocol/error.ts";
import type { RequestBody } from "./request-body.ts";

/** These speak of one connection, and each connection here is ours: what a caller passes on from another one is wrong. */
const ofOneConnection = [
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * The headers as they are sent: where the body ends is said once, and by us. Invariant: without a body nothing speaks of
 * one, whatever the caller passes on; a body says its length or is in chunks, whatever the method (Node sends a stream to
 * GET, HEAD, DELETE and OPTIONS with neither). A wrong word here makes the rest of a body the connection's next request.
 */
export function framed(given: Readonly<Record<string, string>>, body: RequestBody): Record<string, string> {
  const headers: Record<string, string> = Object.assign(Object.create(null), given);
  for (const name of [...ofOneConnection, ...namedBy(given["connection"])]) delete headers[name];
  delete headers["content-length"];
  if (body.kind === "bytes") headers["content-length"] = String(body.bytes.byteLength);
  if (body.kind !== "stream") return headers;
  const declared = declaredLength(given);
  if (declared === undefined) headers["transfer-encoding"] = "chunked";
  else headers["content-length"] = String(declared);
  return headers;
}

/** Further headers of one connection. What no Connection may take away (a gateway refuses that) ends the list. */
function namedBy(connection = ""): readonly string[] {
  const options = freshOptions();
  readConnection(options, connection, 0, connection.length);
  return options.nominated;
}

/** Of a stream, by its caller or nobody. */
export function declaredLength(headers: Readonly<Record<string, string>>): number | undefined {
  const said = headers["content-length"];
  if (said === undefined) return undefined;
  if (/^\d{1,15}$/.test(said)) return Number(said);
  throw new SkeinError(
    "invalid",
    `fetch: headers: content-length must be the number of the body's bytes, not ${JSON.stringify(said)}; ` +
      "leave it out and the stream is sent in chunks",
  );
}
