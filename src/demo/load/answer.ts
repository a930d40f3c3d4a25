/** A whole HTTP/1.1 answer out of the text received so far. */
export interface Answer {
  status: number;
  headers: Map<string, string>;
  body: string;
  /** Characters of the text that belong to this answer. */
  length: number;
  /** The connection may carry another request. */
  keepAlive: boolean;
}

export type AnswerReading =
  | { kind: "whole"; answer: Answer }
  | { kind: "partial" }
  | { kind: "garbled"; detail: string };

/**
 * Reads one answer of a small service: Content-Length or chunked. It takes the text from its beginning each time,
 * which is fine for answers that come in one or two pieces. `text` is latin1. Interim answers (1xx) are skipped.
 */
export function readAnswer(text: string): AnswerReading {
  let at = 0;
  for (;;) {
    const headEnd = text.indexOf("\r\n\r\n", at);
    if (headEnd === -1) return { kind: "partial" };
    const head = readHead(text.slice(at, headEnd));
    if (head === undefined) return { kind: "garbled", detail: "no status line" };
    at = headEnd + 4;
    if (head.status >= 200) return readBody(text, at, head);
  }
}

interface Head {
  status: number;
  headers: Map<string, string>;
}

function readHead(text: string): Head | undefined {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const found = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine);
  if (found === null) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(found[1]), headers };
}

function readBody(text: string, from: number, head: Head): AnswerReading {
  const keepAlive = head.headers.get("connection")?.toLowerCase() !== "close";
  const whole = (body: string, end: number): AnswerReading => ({
    kind: "whole",
    answer: { ...head, body, length: end, keepAlive },
  });
  if (head.status === 204 || head.status === 304) return whole("", from);
  if (head.headers.get("transfer-encoding")?.toLowerCase() === "chunked") {
    const chunks = readChunks(text, from);
    return "end" in chunks ? whole(chunks.body, chunks.end) : chunks;
  }
  const length = Number(head.headers.get("content-length") ?? Number.NaN);
  if (!Number.isSafeInteger(length)) return { kind: "garbled", detail: "no length" };
  if (text.length < from + length) return { kind: "partial" };
  return whole(text.slice(from, from + length), from + length);
}

type Chunks = { body: string; end: number } | Exclude<AnswerReading, { kind: "whole" }>;

function readChunks(text: string, from: number): Chunks {
  let body = "";
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return { kind: "partial" };
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) return { kind: "garbled", detail: "bad chunk size" };
    const dataEnd = lineEnd + 2 + size;
    if (text.length < dataEnd + 2) return { kind: "partial" };
    if (size === 0) return { body, end: dataEnd + 2 };
    body += text.slice(lineEnd + 2, dataEnd);
    at = dataEnd + 2;
  }
}
