import { dropTable, fieldLine, keptLines } from "./field-lines.ts";
import type { AnswerHead, Framing } from "./head.ts";
import { known } from "./known-fields.ts";
import { viaFields } from "./origin.ts";
import type { RequestId } from "./request-id.ts";
import { upgradeFields } from "./write-request.ts";

export interface AnswerForwarding {
  clientMinor: 0 | 1;
  /** From `answerFraming`. */
  framing: Framing;
  /** The client connection stays open after this answer (never with framing `close`). */
  keepAlive: boolean;
  /** Set as X-Request-Id unless the worker gave one; undefined: not set. */
  requestId: RequestId | undefined;
  /** Set unless the worker gave one (an IMF-fixdate); undefined: not set. */
  date: string | undefined;
  /** Value of Strict-Transport-Security, set unless the worker gave one; empty or left out: not set. */
  strictTransport?: string;
  /** Whole lines of the gateway's own, whatever the worker gave; empty or left out: none. */
  added?: string;
}

/**
 * How the client gets the body. A length is kept. A body without one goes in chunks, or up to the end of the
 * connection to an HTTP/1.0 client: then the connection is closed after it, and the answer says so.
 */
export function answerFraming(head: AnswerHead, clientMinor: 0 | 1): Framing {
  if (head.framing === "none" || head.framing === "length") return head.framing;
  return clientMinor === 1 ? "chunked" : "close";
}

const hopByHop = [
  known.connection,
  known.transferEncoding,
  known.upgrade,
  known.te,
  known.keepAlive,
  known.proxyConnection,
  known.proxyAuthenticate,
  known.proxyAuthorization,
  known.proxyAuthenticationInfo,
  known.http2Settings,
  known.disguised,
  known.nominated,
];

const dropsUsual = dropTable(...hopByHop, known.trailer);
const dropsTrailed = dropTable(...hopByHop);
/** 1xx and 204 may not tell a length. */
const dropsLength = dropTable(...hopByHop, known.trailer, known.contentLength);

const reasonBlankAt = 12;
const statusAt = 9;

/** The head as it goes to the client, built anew; also for 1xx, and for a 101 that the client asked for. */
export function writeAnswerHead(head: AnswerHead, forwarding: AnswerForwarding): string {
  const trailed = head.framing === "chunked" && forwarding.framing === "chunked";
  const dropped =
    head.informational || head.status === 204 ? dropsLength : trailed ? dropsTrailed : dropsUsual;
  const sameLine = head.minor === 1 && head.text.charCodeAt(reasonBlankAt) === 0x20;
  let text = keptLines(head, dropped, sameLine ? "" : statusLine(head), sameLine ? 0 : head.lineAt(0));
  if (forwarding.added) text += forwarding.added;
  if (head.status === 101) return `${text}${upgradeFields(head.upgrade)}\r\n`;
  if (head.informational) return `${text}\r\n`;
  text += viaFields[head.minor];
  if (forwarding.requestId !== undefined && !head.has(known.xRequestId)) {
    text += `X-Request-Id: ${forwarding.requestId}\r\n`;
  }
  if (forwarding.date !== undefined && !head.has(known.date)) {
    text += fieldLine("Date", forwarding.date);
  }
  if (forwarding.strictTransport && head.header("strict-transport-security") === undefined) {
    text += fieldLine(...strictTransportField(forwarding.strictTransport));
  }
  if (forwarding.framing === "chunked") text += "Transfer-Encoding: chunked\r\n";
  if (!forwarding.keepAlive || forwarding.framing === "close") text += "Connection: close\r\n";
  else if (forwarding.clientMinor === 0) text += "Connection: keep-alive\r\n";
  return `${text}\r\n`;
}

/** RFC 6797: only over TLS, where nobody else can have put it. */
export function strictTransportField(value: string): readonly [name: string, value: string] {
  return ["Strict-Transport-Security", value];
}

function statusLine(head: AnswerHead): string {
  return `HTTP/1.1 ${head.text.slice(statusAt, reasonBlankAt)} ${head.reason}\r\n`;
}
