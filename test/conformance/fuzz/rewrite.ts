import {
  chunkHead,
  chunkTail,
  lastChunk,
  Origin,
  RequestParser,
  writeRequestHead,
} from "../../../src/http1/http1.ts";
import type { ReadMessage } from "../transcript.ts";
import { requestLimits } from "../transcript.ts";

const origin = new Origin("203.0.113.7", "http", false);

/** These messages as the gateway would send them to a worker, one after the other. */
export function rewrite(messages: readonly ReadMessage[]): string {
  return messages.map(rewriteOne).join("");
}

function rewriteOne(message: ReadMessage): string {
  const parser = new RequestParser(requestLimits);
  const bytes = Buffer.from(message.head, "latin1");
  parser.push(bytes, 0, bytes.length);
  const head = writeRequestHead(parser.head, { origin, target: undefined, requestId: "id", upgrade: "" });
  if (message.framing !== "chunked") return head + message.body;
  const data = message.body === "" ? "" : chunkHead(message.body.length) + message.body + chunkTail;
  return head + data + lastChunk(message.trailers);
}
