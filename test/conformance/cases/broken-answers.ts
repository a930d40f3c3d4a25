import { type AnswerCase, notTaken, ok, type Topic } from "./case.ts";

const chunked = "Transfer-Encoding: chunked\r\n";
const evil = ok("Content-Length: 4\r\n", "evil");
const strictToo =
  "as strict as with clients: a worker may be under the control of an attacker, or pass on what is";

const cut: readonly AnswerCase[] = [
  {
    name: "an answer shorter than its length",
    source: "RFC 9112 8",
    says: ok("Content-Length: 10\r\n", "hi"),
    afterwards: "ends",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
  {
    name: "an answer without its last chunk",
    source: "RFC 9112 8",
    says: ok(chunked, "2\r\nhi\r\n"),
    afterwards: "ends",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
  {
    name: "an answer cut within a chunk",
    source: "RFC 9112 8",
    says: ok(chunked, "5\r\nhi"),
    afterwards: "ends",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
  {
    name: "an answer cut within its trailers",
    source: "RFC 9112 8",
    says: ok(chunked, "2\r\nhi\r\n0\r\nX: 1\r\n"),
    afterwards: "ends",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
  {
    name: "an answer by its length that is reset",
    source: "RFC 9112 8",
    says: ok("Content-Length: 10\r\n", "hi"),
    afterwards: "resets",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
  {
    name: "to the end of the connection, and reset",
    source: "RFC 9112 8",
    says: ok("", "hi"),
    afterwards: "resets",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
  {
    name: "a cut answer to HTTP/1.0 does not end well",
    source: "RFC 9112 8",
    send: "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    says: ok(chunked, "2\r\nhi\r\n"),
    afterwards: "ends",
    client: '200 "hi"..., reset',
    connection: "worker-lost",
  },
];

const ambiguous: readonly AnswerCase[] = (
  [
    ["a length and chunked", "RFC 9112 6.3", ok(`Content-Length: 5\r\n${chunked}`, "0\r\n\r\n")],
    ["chunked and a length", "RFC 9112 6.3", ok(`${chunked}Content-Length: 5\r\n`, "0\r\n\r\n")],
    ["two lengths that differ", "RFC 9112 6.3", ok("Content-Length: 2\r\nContent-Length: 5\r\n", "hi")],
    ["two lengths that are the same", "RFC 9112 6.3", ok("Content-Length: 2\r\nContent-Length: 2\r\n", "hi")],
    ["a list of lengths", "RFC 9112 6.3", ok("Content-Length: 2, 2\r\n", "hi")],
    ["an empty length", "RFC 9112 6.3", ok("Content-Length:\r\n", "hi")],
    ["a signed length", "RFC 9110 8.6", ok("Content-Length: +2\r\n", "hi")],
    ["a hexadecimal length", "RFC 9110 8.6", ok("Content-Length: 0x2\r\n", "hi")],
    ["a length over 64 bits", "RFC 9110 8.6", ok("Content-Length: 18446744073709551618\r\n", "hi")],
    ["a blank before the colon of the length", "RFC 9112 5.1", ok("Content-Length : 2\r\n", "hi")],
    ["a tab beside the length", "RFC 9112 5.1", ok("Content-Length:\t2\r\n", "hi")],
    ["an unknown coding", "RFC 9112 6.1", ok("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")],
    ["gzip, then chunked", "RFC 9112 6.1", ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")],
    ["chunked, then gzip", "RFC 9112 6.3", ok("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")],
    ["two codings", "RFC 9112 6.1", ok(`${chunked}${chunked}`, "0\r\n\r\n")],
    ["chunked in HTTP/1.0", "RFC 9112 6.1", `HTTP/1.0 200 OK\r\n${chunked}\r\n0\r\n\r\n`],
    [
      "Connection names the length",
      "Davison, Hop-by-hop abuse 2019",
      ok("Content-Length: 2\r\nConnection: content-length\r\n", "hi"),
    ],
    [
      "Connection names Set-Cookie",
      "Davison, Hop-by-hop abuse 2019",
      ok("Content-Length: 2\r\nSet-Cookie: a\r\nConnection: set-cookie\r\n", "hi"),
    ],
  ] as const
).map(([name, source, says]) => notTaken(`answer: ${name}`, source, says));

const malformed: readonly AnswerCase[] = (
  [
    ["an empty line before it", "RFC 9112 2.2", `\r\n${evil}`],
    ["HTTP/2.0", "RFC 9112 2.3", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["HTTP/0.9", "RFC 9112 2.3", "<html>hello</html>\r\n\r\n"],
    ["ICY", "RFC 9112 2.3", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["two blanks before the status", "RFC 9112 4", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["a status of two digits", "RFC 9112 4", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"],
    ["a status of four digits", "RFC 9112 4", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"],
    ["a status below 100", "RFC 9110 15", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"],
    ["a status in letters", "RFC 9112 4", "HTTP/1.1 2xx OK\r\nContent-Length: 0\r\n\r\n"],
    ["NUL in the reason", "RFC 9112 4", "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"],
    ["NUL in a value", "RFC 9110 5.5", ok("X: a\0\r\nContent-Length: 0\r\n")],
    ["bare LF after the status line", "RFC 9112 2.2", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
    ["bare LF after a field", "RFC 9112 2.2", ok("X: a\nContent-Length: 0\r\n")],
    ["bare LF as the empty line", "RFC 9112 2.2", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n"],
    ["bare CR in a value", "RFC 9112 2.2", ok("X: a\rSet-Cookie: b\r\nContent-Length: 0\r\n")],
    ["a folded line", "RFC 9112 5.2", ok("X: a\r\n b\r\nContent-Length: 0\r\n")],
    ["a name with a blank", "RFC 9112 5.1", ok("X Y: a\r\nContent-Length: 0\r\n")],
    ["an empty name", "RFC 9112 5", ok(": a\r\nContent-Length: 0\r\n")],
    ["a line without a colon", "RFC 9112 5", ok("X\r\nContent-Length: 0\r\n")],
    ["201 fields", "RFC 9110 5.4", ok("X: a\r\n".repeat(201))],
    ["a head of more than 64 KiB", "RFC 9110 5.4", ok(`X: ${"a".repeat(65_536)}\r\n`)],
  ] as const
).map(([name, source, says]) => notTaken(`answer: ${name}`, source, says));

/** The head has been passed on already: nothing else can be told but that the answer is broken. */
const brokenBodies: readonly AnswerCase[] = (
  [
    ["a chunk size with a plus", "+2\r\nhi\r\n0\r\n\r\n", "200..."],
    ["a blank after a chunk size", "2 \r\nhi\r\n0\r\n\r\n", "200..."],
    ["a chunk size over 64 bits", "10000000000000002\r\nhi\r\n0\r\n\r\n", "200..."],
    ["a chunk without a size", "\r\nhi\r\n0\r\n\r\n", "200..."],
    ["bare LF after a chunk size", "2\nhi\r\n0\r\n\r\n", "200..."],
    ["bare LF in a chunk extension", "2;\nhi\r\n0\r\n\r\n", "200..."],
    ["chunk data longer than its size", "2\r\nhi!\r\n0\r\n\r\n", '200 "hi"...'],
    ["chunk data without its CRLF", "2\r\nhi0\r\n\r\n", '200 "hi"...'],
    ["bare LF after chunk data", "2\r\nhi\n0\r\n\r\n", '200 "hi"...'],
    ["bare LF after the last chunk", "2\r\nhi\r\n0\n\n", '200 "hi"...'],
    ["a trailer that decides framing", "2\r\nhi\r\n0\r\nContent-Length: 4\r\n\r\n", '200 "hi"...'],
    ["a trailer without a colon", "2\r\nhi\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n", '200 "hi"...'],
  ] as const
).map(([name, body, seen]) => ({
  name: `answer: ${name}`,
  source: "RFC 9112 7.1",
  says: ok(chunked, body),
  client: `${seen}, reset`,
  connection: "bad-answer",
}));

export const brokenAnswers: readonly Topic<AnswerCase>[] = [
  { title: "answers that are cut", why: "a client must be able to tell a part from the whole", cases: cut },
  {
    title: "answers whose length is ambiguous",
    why: strictToo,
    cases: ambiguous,
  },
  { title: "malformed answers", why: strictToo, cases: malformed },
  {
    title: "malformed bodies of answers",
    why: "the head is on its way already: the client must see that the body is broken, and does by a reset",
    cases: brokenBodies,
  },
];
