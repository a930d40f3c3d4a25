/**
 * Reads the plainest HTTP/1.1 there is, by cutting up texts. It shares nothing with what is tested: a message that
 * the gateway sends must be readable by this, and by llhttp, and say the same to both.
 */
export type Field = readonly [name: string, value: string];

/** A message may stop short (more has to come), or say something that is not plain. */
export interface PlainBody {
  data: string;
  /** Field lines behind a chunked body, each with CRLF. */
  trailers: string;
  /** Index after the body; undefined while it is not whole. */
  end: number | undefined;
  /** What is not plain; empty when nothing is. */
  odd: string;
}

const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/** The fields of these lines, or the first line that is none. */
export function plainFields(lines: readonly string[]): Field[] | string {
  const fields: Field[] = [];
  for (const line of lines) {
    const match = fieldLine.exec(line);
    if (match === null) return `a field line ${JSON.stringify(line)}`;
    fields.push([match[1]!, match[2]!]);
  }
  return fields;
}

export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
}

export type PlainFraming = "none" | "length" | "chunked";

/** How long the body is by its fields; a text when that could be read in two ways. */
export function plainFraming(fields: readonly Field[]): { framing: PlainFraming; length: number } | string {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  if (lengths.length + codings.length > 1) return "more than one field about the length of the body";
  if (codings.length === 1) {
    return codings[0] === "chunked"
      ? { framing: "chunked", length: 0 }
      : `Transfer-Encoding ${JSON.stringify(codings[0])}`;
  }
  if (lengths.length === 0) return { framing: "none", length: 0 };
  return /^\d{1,15}$/.test(lengths[0]!)
    ? { framing: "length", length: Number(lengths[0]) }
    : `Content-Length ${JSON.stringify(lengths[0])}`;
}

export function plainBody(text: string, framing: PlainFraming, length: number): PlainBody {
  if (framing === "chunked") return chunkedBody(text);
  const bytes = framing === "none" ? 0 : length;
  return {
    data: text.slice(0, bytes),
    trailers: "",
    end: text.length < bytes ? undefined : bytes,
    odd: "",
  };
}

function chunkedBody(text: string): PlainBody {
  const body: PlainBody = { data: "", trailers: "", end: undefined, odd: "" };
  for (let at = 0; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return body;
    const line = text.slice(at, lineEnd);
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) return { ...body, odd: `a chunk size ${JSON.stringify(line)}` };
    const size = Number.parseInt(line, 16);
    if (size === 0) return withTrailers(body, text, lineEnd);
    const data = text.slice(lineEnd + 2, lineEnd + 2 + size);
    body.data += data;
    at = lineEnd + 2 + size + 2;
    const after = text.slice(at - 2, at);
    if (data.length < size || after.length < 2) return body;
    if (after !== "\r\n") return { ...body, odd: "chunk data that does not end where it should" };
  }
}

function withTrailers(body: PlainBody, text: string, lastSizeEnd: number): PlainBody {
  const end = text.indexOf("\r\n\r\n", lastSizeEnd);
  if (end === -1) return body;
  const trailers = text.slice(lastSizeEnd + 2, end + 2);
  const read = plainFields(trailers.split("\r\n").slice(0, -1));
  return typeof read === "string" ? { ...body, odd: read } : { ...body, trailers, end: end + 4 };
}
