import {
  answerFraming,
  AnswerParser,
  chunkHead,
  chunkTail,
  lastChunk,
  Origin,
  plainRequestId,
  RequestParser,
  writeAnswerHead,
  writeRequestHead,
} from "../../../src/http1/http1.ts";
import { answerLimits, type ReadMessage, requestLimits } from "../transcript.ts";

const origin = new Origin("203.0.113.7", "http");

/** What the gateway would send for these messages, and which of them it would send at all. */
export interface Rewritten {
  text: string;
  messages: ReadMessage[];
}

/** To a worker, one after the other. */
export function rewriteRequests(messages: readonly ReadMessage[]): Rewritten {
  const sent = messages.filter(({ head }) => parsedRequest(head).maxForwards > 0);
  return { text: sent.map(rewriteRequest).join(""), messages: sent.map(withPathOnly) };
}

function withPathOnly(message: ReadMessage): ReadMessage {
  const { path, query } = parsedRequest(message.head);
  return { ...message, target: path + query };
}

/** To a client that asked by this method. */
export function rewriteAnswers(messages: readonly ReadMessage[], method: string): Rewritten {
  const final = messages.findIndex(({ status }) => status >= 200 || status === 101);
  const upTo = final === -1 ? [...messages] : messages.slice(0, final + 1);
  // Of a 101 only one that was asked for is passed on.
  const sent = upTo.filter(({ status, upgrade }) => status !== 101 || upgrade !== "");
  return { text: sent.map((message) => rewriteAnswer(message, method)).join(""), messages: sent };
}

function parsedRequest(head: string): RequestParser {
  const parser = new RequestParser(requestLimits);
  const bytes = Buffer.from(head, "latin1");
  parser.push(bytes, 0, bytes.length);
  return parser;
}

function rewriteRequest(message: ReadMessage): string {
  const { head } = parsedRequest(message.head);
  const text = writeRequestHead(head, {
    origin,
    target: undefined,
    requestId: plainRequestId("id"),
    budget: "30000",
    upgrade: "",
    traced: false,
  });
  return text + (message.framing === "chunked" ? inChunks(message) : message.body);
}

function rewriteAnswer(message: ReadMessage, method: string): string {
  const parser = new AnswerParser(answerLimits);
  parser.next(method);
  const bytes = Buffer.from(message.head, "latin1");
  parser.push(bytes, 0, bytes.length);
  const framing = answerFraming(parser.head, 1);
  const text = writeAnswerHead(parser.head, {
    clientMinor: 1,
    framing,
    keepAlive: true,
    requestId: plainRequestId("id"),
    date: undefined,
  });
  return text + (framing === "chunked" ? inChunks(message) : message.body);
}

function inChunks({ body, trailers }: ReadMessage): string {
  const data = body === "" ? "" : chunkHead(body.length) + body + chunkTail;
  return data + lastChunk(trailers);
}

/** Fields that the gateway has a rule for: by these names, and by any spelling with `_`. */
const ruled: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "proxy-authenticate",
  "proxy-authentication-info",
  "http2-settings",
  "forwarded",
  "x-real-ip",
  "via",
  "x-request-id",
  "max-forwards",
  "x-skein-budget",
  "x-skein-attempt",
]);

/** Those that must arrive exactly as they came; none of those that Connection may name. */
export function keptFields(fields: ReadMessage["fields"]): ReadMessage["fields"] {
  const nominated = fields
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) =>
      value
        .toLowerCase()
        .split(",")
        .map((option) => option.trim()),
    );
  const taken = new Set(nominated);
  return fields.filter(([name]) => {
    const spelled = name.toLowerCase().replaceAll("_", "-");
    return !ruled.has(spelled) && !spelled.startsWith("x-forwarded-") && !taken.has(name.toLowerCase());
  });
}
