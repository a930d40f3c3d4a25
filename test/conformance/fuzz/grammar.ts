/** Messages built from the grammar's parts, some of which are wrong: what mutation of real heads seldom finds. */
import * as fc from "fast-check";

function oneOf(bytes: string): fc.Arbitrary<string> {
  return fc.constantFrom(...bytes.split(""));
}

const oddText = fc.string({
  unit: oneOf("\r\n\0 \t:;,=\"'ax0-_%./?\x80\xff\x7f\x0b"),
  maxLength: 6,
});

function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

const lineEnd = mostly(
  fc.constant("\r\n"),
  fc.constantFrom("\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", " \r\n", "\r\n "),
);
const colon = mostly(fc.constantFrom(": ", ":", ":  ", ":\t"), fc.constantFrom(" : ", "", ";", "::"));
const method = mostly(fc.constantFrom("GET", "POST", "PUT", "HEAD", "OPTIONS", "FOO"), oddText);
const target = mostly(
  fc.constantFrom("/", "/a/b?c=d", "/%2e%2e/x", "/a%2fb", "*", "http://a/x", "http://b", "https://a/", "//a"),
  oddText.map((text) => `/${text}`),
);
const version = mostly(
  fc.constantFrom("HTTP/1.1", "HTTP/1.0"),
  fc.constantFrom("HTTP/1.2", "HTTP/2.0", "http/1.1", ""),
);
const host = mostly(fc.constantFrom("a", "A:80", "[::1]:8", "a.b"), oddText);

/** Field lines of which framing, routing or persistence depends, and some others. */
const field: fc.Arbitrary<readonly [name: string, value: string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom("X-A", "Cookie", "x_b", "Via"),
    mostly(fc.constantFrom("1", "a, b", "", "a\tb"), oddText),
  ),
  fc.tuple(
    fc.constantFrom("Connection", "connection"),
    fc.constantFrom(
      "close",
      "keep-alive",
      "upgrade",
      "x-a",
      "keep-alive, x-a",
      "host",
      ",",
      "a b",
      "upgrade, http2-settings",
    ),
  ),
  fc.tuple(fc.constantFrom("Upgrade"), fc.constantFrom("websocket", "h2c", "h2c, websocket", "TLS/1.0")),
  fc.tuple(
    fc.constantFrom("Expect"),
    mostly(fc.constant("100-continue"), fc.constantFrom("x", "100-continue, x")),
  ),
  fc.tuple(
    fc.constantFrom("Content_Length", "Transfer_Encoding", "TE", "Trailer", "X-Forwarded-For"),
    fc.constantFrom("5", "chunked", "trailers"),
  ),
);

const extension = mostly(
  fc.constantFrom("", "", ";a", ";a=b", ';a="b c"'),
  fc.constantFrom(" ;a", "; a", ";", ";a=", ";\n", ';a="'),
);

interface Framed {
  fields: readonly (readonly [string, string])[];
  body: string;
}

const data = fc.string({ unit: oneOf("ab\r\n0 GET/:\x80"), minLength: 1, maxLength: 24 });

const byLength: fc.Arbitrary<Framed> = fc
  .tuple(
    data,
    mostly(fc.constant(0), fc.integer({ min: -2, max: 2 })),
    mostly(fc.constant(""), fc.constantFrom("+", "0", "0x", " ", "\t")),
  )
  .map(([body, off, before]) => ({
    fields: [["Content-Length", `${before}${Math.max(0, body.length + off)}`]],
    body,
  }));

const chunk = fc
  .tuple(data, extension, mostly(fc.constant(0), fc.integer({ min: -1, max: 1 })), lineEnd, lineEnd)
  .map(
    ([text, ext, off, sizeEnd, dataEnd]) =>
      `${Math.max(0, text.length + off).toString(16)}${ext}${sizeEnd}${text}${dataEnd}`,
  );

const trailer = mostly(
  fc.constantFrom("", "", "X-T: 1\r\n"),
  fc.constantFrom("Content-Length: 1\r\n", "X : 1\r\n", "GET / HTTP/1.1\r\n"),
);

const byChunks: fc.Arbitrary<Framed> = fc
  .tuple(
    mostly(
      fc.constantFrom("chunked", "Chunked"),
      fc.constantFrom("gzip, chunked", "chunked, chunked", "identity", "", '"chunked"', "\x0bchunked"),
    ),
    fc.array(chunk, { maxLength: 3 }),
    mostly(fc.constantFrom("0", "00"), fc.constantFrom("", "0 ", "0x0", "-0")),
    trailer,
    lineEnd,
  )
  .map(([coding, chunks, last, trailers, end]) => ({
    fields: [["Transfer-Encoding", coding]],
    body: `${chunks.join("")}${last}\r\n${trailers}${end}`,
  }));

const framed: fc.Arbitrary<Framed> = fc.oneof(
  fc.constant({ fields: [], body: "" }),
  byLength,
  byChunks,
  fc
    .tuple(byLength, byChunks)
    .map(([one, other]) => ({ fields: [...one.fields, ...other.fields], body: other.body })),
);

const fieldText = fc
  .tuple(field, colon, lineEnd)
  .map(([[name, value], between, end]) => `${name}${between}${value}${end}`);

function lines(fields: Framed["fields"]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

const request = fc
  .tuple(method, target, version, lineEnd, host, fc.array(fieldText, { maxLength: 4 }), framed, lineEnd)
  .map(
    ([verb, at, http, end, name, others, { fields, body }, last]) =>
      `${verb} ${at} ${http}${end}Host: ${name}\r\n${others.join("")}${lines(fields)}${last}${body}`,
  );

const status = mostly(
  fc.constantFrom("200 OK", "204 No", "304 X", "100 Continue", "103 Early", "500"),
  fc.constantFrom("20 X", "0200", "999", "101 S", ""),
);

const answer = fc
  .tuple(version, status, lineEnd, fc.array(fieldText, { maxLength: 4 }), framed, lineEnd)
  .map(
    ([http, said, end, others, { fields, body }, last]) =>
      `${http} ${said}${end}${others.join("")}${lines(fields)}${last}${body}`,
  );

/** One to three requests on one connection. Bytes as latin1. */
export const requestTexts: fc.Arbitrary<string> = fc
  .array(request, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(""));

/** What comes on a worker's connection. */
export const answerTexts: fc.Arbitrary<string> = fc
  .array(answer, { minLength: 1, maxLength: 2 })
  .map((parts) => parts.join(""));
