import { get, passed, refused, type RequestCase, type Topic } from "./case.ts";

const bad = "400 bad-request";

const startLine: readonly RequestCase[] = [
  passed("a plain request", "RFC 9112 3", get()),
  {
    name: "a method nobody knows",
    source: "RFC 9110 9.1",
    send: "FOO /x HTTP/1.1\r\nHost: a\r\n\r\n",
    client: '200 "FOO /x", open',
    worker: ["FOO /x"],
  },
  {
    name: "methods are told apart by case",
    source: "RFC 9110 9.1",
    send: "get / HTTP/1.1\r\nHost: a\r\n\r\n",
    client: '200 "get /", open',
    worker: ["get /"],
  },
  refused(
    "a method of 33 bytes",
    "RFC 9112 3",
    `${"A".repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`,
    bad,
    "no method is so long; what has no limit fills memory",
  ),
  refused("a method that is no token", "RFC 9110 9.1", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", bad),
  passed("an empty line before the request", "RFC 9112 2.2", `\r\n${get()}`),
  refused(
    "two empty lines before the request",
    "RFC 9112 2.2",
    `\r\n\r\n${get()}`,
    bad,
    "the one empty line that the RFC asks to skip is skipped; more is no request",
  ),
  refused("a bare LF before the request", "RFC 9112 2.2", `\n${get()}`, bad),
  refused("a blank before the method", "RFC 9112 3", ` ${get()}`, bad),
  refused("two blanks in the request line", "RFC 9112 3", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", bad),
  refused("a tab in the request line", "RFC 9112 3", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", bad),
  refused("a blank at the end of the request line", "RFC 9112 3", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", bad),
  refused("a word too many in the request line", "RFC 9112 3", "GET / x HTTP/1.1\r\nHost: a\r\n\r\n", bad),
  refused("no target", "RFC 9112 3", "GET HTTP/1.1\r\nHost: a\r\n\r\n", bad),
  refused("HTTP/0.9", "RFC 9112 2.3", "GET /\r\n", bad),
  refused("HTTP/0.9 with fields", "RFC 9112 2.3", "GET /\r\nHost: a\r\n\r\n", bad),
  refused("a version without its minor number", "RFC 9112 2.3", "GET / HTTP/1\r\nHost: a\r\n\r\n", bad),
  refused("a version with two digits", "RFC 9112 2.3", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", bad),
  refused(
    "a version with a leading zero",
    "RFC 9112 2.3",
    "GET / HTTP/01.1\r\nHost: a\r\n\r\n",
    "505 version-refused",
  ),
  refused("a version in lower case", "RFC 9112 2.3", "GET / http/1.1\r\nHost: a\r\n\r\n", bad),
  refused("another protocol's name", "RFC 9112 2.3", "GET / ICAP/1.0\r\nHost: a\r\n\r\n", bad),
  refused(
    "HTTP/1.2",
    "RFC 9110 2.5",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "505 version-refused",
    "nobody sends it; whoever does hopes that one reader knows it and another does not",
  ),
  refused("HTTP/2.0 as text", "RFC 9110 2.5", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 version-refused"),
  refused(
    "HTTP/0.9 as a version",
    "RFC 9110 2.5",
    "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    "505 version-refused",
  ),
  refused(
    "the preface of HTTP/2",
    "RFC 9113 3.4",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "505 version-refused",
  ),
  refused("the first bytes of TLS", "RFC 8446 5.1", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", bad),
];

const fieldLines: readonly RequestCase[] = [
  passed("every byte that a name may have", "RFC 9110 5.6.2", get("!#$%&'*+-.^`|~09aZ: x\r\n"), "/", {
    forwarded: { has: ["!#$%&'*+-.^`|~09aZ: x"] },
  }),
  passed("bytes above 127 in a value", "RFC 9110 5.5", get("X: \xe4\x80\xff\r\n"), "/", {
    forwarded: { has: ["X: \xe4\x80\xff"] },
  }),
  passed("an empty value, and a tab within one", "RFC 9110 5.5", get("X:\r\nY: a\tb\r\n"), "/", {
    forwarded: { has: ["X: ", "Y: a\tb"] },
  }),
  passed("fields of one name keep their order", "RFC 9110 5.3", get("X: 1\r\nY: 0\r\nx: 2\r\n"), "/", {
    forwarded: { has: ["X: 1", "Y: 0", "x: 2"] },
  }),
  passed(
    "names of object properties are names",
    "CVE-2026-21710",
    get("__proto__: a\r\nconstructor: b\r\n"),
    "/",
    { forwarded: { has: ["__proto__: a", "constructor: b"] } },
  ),
  refused("a blank before the colon", "RFC 9112 5.1", get("X : a\r\n"), bad),
  refused("a tab before the colon", "RFC 9112 5.1", get("X\t: a\r\n"), bad),
  refused("a blank in a name", "RFC 9112 5.1", get("X Y: a\r\n"), bad),
  refused("brackets in a name", "RFC 9110 5.6.2", get("X[0]: a\r\n"), bad),
  refused("bytes above 127 in a name", "RFC 9110 5.6.2", get("X\xe4: a\r\n"), bad),
  refused("an empty name", "RFC 9112 5", get(": a\r\n"), bad),
  refused("a line without a colon", "RFC 9112 5", get("X\r\n"), bad),
  refused("a folded line", "RFC 9112 5.2", get("X: a\r\n b\r\n"), bad),
  refused("a line folded with a tab", "RFC 9112 5.2", get("X: a\r\n\tb\r\n"), bad),
  refused("a folded line of blanks only", "RFC 9112 5.2", get("X: a\r\n \r\n"), bad),
  refused("a blank before the first field", "RFC 9112 2.2", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", bad),
  refused("an empty line with a blank", "RFC 9112 2.2", "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", bad),
];

const lineEnds: readonly RequestCase[] = [
  refused("bare LF after the request line", "RFC 9112 2.2", "GET / HTTP/1.1\nHost: a\r\n\r\n", bad),
  refused("bare LF after a field", "RFC 9112 2.2", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", bad),
  refused("bare LF as the empty line", "RFC 9112 2.2", "GET / HTTP/1.1\r\nHost: a\r\n\n", bad),
  refused("bare LF everywhere", "RFC 9112 2.2", "GET / HTTP/1.1\nHost: a\n\n", bad),
  refused("bare LF within a value", "RFC 9110 5.5", get("X: a\nY: b\r\n"), bad),
  refused("bare CR within a value", "RFC 9112 2.2; CVE-2023-30589", get("X: a\rY: b\r\n"), bad),
  refused("bare CR as the end of a line", "RFC 9112 2.2", "GET / HTTP/1.1\rHost: a\r\r", bad),
  refused("CR CR LF", "RFC 9112 2.2", get("X: a\r\r\n"), bad),
  refused("LF CR", "RFC 9112 2.2", get("X: a\n\r"), bad),
  refused(
    "CR and no LF at the end",
    "RFC 9112 2.2; CVE-2025-23167",
    `GET / HTTP/1.1\r\nHost: a\r\n\rX${get()}`,
    bad,
  ),
  refused("NUL in a value", "RFC 9110 5.5", get("X: a\0b\r\n"), bad),
  refused("NUL in a name", "RFC 9110 5.6.2", get("X\0: a\r\n"), bad),
  refused("NUL in the target", "RFC 9112 3.2", get("", "/\0"), bad),
  refused("NUL in the method", "RFC 9110 9.1", "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n", bad),
  refused("NUL in the version", "RFC 9112 2.3", "GET / HTTP/1.1\0\r\nHost: a\r\n\r\n", bad),
  refused("DEL in a value", "RFC 9110 5.5", get("X: a\x7f\r\n"), bad),
  refused("a vertical tab in a value", "RFC 9110 5.5", get("X: a\x0bb\r\n"), bad),
  refused("a form feed in a value", "RFC 9110 5.5", get("X: a\x0cb\r\n"), bad),
  refused("an escape in a value", "RFC 9110 5.5", get("X: \x1b[2J\r\n"), bad),
];

const limits: readonly RequestCase[] = [
  passed("100 fields", "RFC 9110 5.4", get("X: a\r\n".repeat(99))),
  refused("101 fields", "RFC 6585 5", get("X: a\r\n".repeat(100)), "431 head-too-large"),
  refused(
    "a head of more than 16 KiB",
    "RFC 6585 5",
    get(`X: ${"a".repeat(16_384)}\r\n`),
    "431 head-too-large",
  ),
  passed("a target of 8,000 bytes", "RFC 9112 3", get("", `/${"a".repeat(7999)}`), `/${"a".repeat(7999)}`, {
    client: `200 ${JSON.stringify(`GET /${"a".repeat(75)}`)} (8004 bytes), open`,
  }),
  refused(
    "a target of more than 8 KiB",
    "RFC 9112 3",
    get("", `/${"a".repeat(8192)}`),
    "414 target-too-long",
  ),
  {
    name: "a head that does not end",
    source: "RFC 9112 8",
    send: "GET / HTTP/1.1\r\nHost: a\r\nX: a",
    client: "open",
    worker: [],
  },
  {
    name: "a connection without a request",
    source: "RFC 9112 9.5",
    send: "",
    client: "open",
    worker: [],
  },
];

export const parsing: readonly Topic<RequestCase>[] = [
  {
    title: "request line",
    why: "the request line is exactly what the grammar says: one method, one target, one version, single blanks, CR LF",
    cases: startLine,
  },
  {
    title: "field lines",
    why: "a line that is no field line might be one, or two, or none, to the next reader",
    cases: fieldLines,
  },
  {
    title: "line ends and controls",
    why: "CR LF only: the RFC lets a recipient take a bare LF, and whoever does not take it sees other lines",
    cases: lineEnds,
  },
  { title: "limits", why: "what has no limit fills memory", cases: limits },
];
