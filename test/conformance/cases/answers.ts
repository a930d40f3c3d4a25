import { type AnswerCase, notTaken, ok, type Topic } from "./case.ts";

const chunked = "Transfer-Encoding: chunked\r\n";
const evil = ok("Content-Length: 4\r\n", "evil");
const bad = "502 bad-answer, open";
const responses = "Doyhenard, Response smuggling 2021";
const queue = "Kettle, Response queue poisoning 2021";

/** An answer that reaches the client as it was meant; the worker's connection serves on. */
function taken(
  name: string,
  source: string,
  says: string,
  seen: string,
  more: Partial<AnswerCase> = {},
): AnswerCase {
  return { name, source, says, client: `${seen}, open`, connection: "kept", ...more };
}

const bodies: readonly AnswerCase[] = [
  taken("an answer by its length", "RFC 9112 6.2", ok("Content-Length: 2\r\n", "hi"), '200 "hi"'),
  taken("an empty answer", "RFC 9112 6.2", ok("Content-Length: 0\r\n"), "200"),
  taken("an answer in chunks", "RFC 9112 7.1", ok(chunked, "1\r\nh\r\n1;x=y\r\ni\r\n0\r\n\r\n"), '200 "hi"'),
  taken(
    "an answer in chunks with trailers",
    "RFC 9110 6.5",
    ok(`${chunked}Trailer: X-Sum\r\n`, "2\r\nhi\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a\r\n\r\n"),
    '200 "hi" + X-Sum: 1',
  ),
  taken("an answer to the end of the connection", "RFC 9112 6.3", ok("", "hi"), '200 "hi"', {
    afterwards: "ends",
    connection: "closed",
  }),
  taken(
    "an answer of HTTP/1.0 to the end of the connection",
    "RFC 9112 6.3",
    "HTTP/1.0 200 OK\r\n\r\nhi",
    '200 "hi"',
    { afterwards: "ends", connection: "closed", answered: { has: ["Via: 1.0 skein"] } },
  ),
  taken(
    "an answer of HTTP/1.0 that keeps the connection",
    "RFC 9112 9.3",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
    '200 "hi"',
  ),
  taken(
    "an answer with Connection: close",
    "RFC 9112 9.6",
    ok("Connection: close\r\nContent-Length: 2\r\n", "hi"),
    '200 "hi"',
    { connection: "closed", answered: { lacks: ["connection"] } },
  ),
  taken("an answer without a reason", "RFC 9112 4", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200"),
  taken("an answer with an empty reason", "RFC 9112 4", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200"),
  taken("an unknown status", "RFC 9110 15", "HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n", "299"),
  taken("a status above 599", "RFC 9110 15", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "999"),
  taken(
    "to HTTP/1.0 chunks come as they are, up to the end",
    "RFC 9112 6.1",
    ok(chunked, "2\r\nhi\r\n0\r\n\r\n"),
    "",
    {
      send: "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
      client: '200 "hi", closed',
      answered: { has: ["Connection: close"], lacks: ["transfer-encoding"] },
    },
  ),
  taken(
    "answer: fields for one hop stay here",
    "RFC 9110 7.6.1",
    ok(
      "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nUpgrade: h2\r\nX: 1\r\nContent-Length: 0\r\n",
    ),
    "200",
    {
      answered: {
        has: ["X: 1", "Via: 1.1 skein"],
        lacks: ["connection", "x-hop", "keep-alive", "proxy-authenticate", "upgrade"],
      },
    },
  ),
  taken(
    "answer: fields of one name keep their order",
    "RFC 9110 5.3",
    ok("Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n"),
    "200",
    {
      answered: { has: ["Set-Cookie: a", "Set-Cookie: b"] },
    },
  ),
];

const bodyless: readonly AnswerCase[] = [
  taken("204 has no body", "RFC 9110 15.3.5", "HTTP/1.1 204 No Content\r\n\r\n", "204"),
  taken(
    "204 may not tell a length",
    "RFC 9110 8.6",
    "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    "204",
    { answered: { lacks: ["content-length"] } },
  ),
  taken(
    "304 tells a length of something else",
    "RFC 9110 15.4.5",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "304",
    { answered: { has: ["Content-Length: 5"] } },
  ),
  taken(
    "the answer to HEAD tells a length and has no body",
    "RFC 9110 9.3.2",
    ok("Content-Length: 5\r\n"),
    "200",
    {
      send: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      methods: ["HEAD"],
      answered: { has: ["Content-Length: 5"] },
    },
  ),
  taken("the answer to HEAD says chunked and has no chunks", "RFC 9110 9.3.2", ok(chunked), "200", {
    send: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    methods: ["HEAD"],
    answered: { lacks: ["transfer-encoding"] },
  }),
  taken(
    "204 with a body",
    "RFC 9110 15.3.5",
    "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
    "204",
    { connection: "left-over" },
  ),
  taken("204 with chunks", "RFC 9112 6.1", `HTTP/1.1 204 No Content\r\n${chunked}\r\n0\r\n\r\n`, "204", {
    connection: "left-over",
  }),
  taken(
    "304 with a body",
    "RFC 9110 15.4.5",
    `HTTP/1.1 304 Not Modified\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
    "304",
    { connection: "left-over" },
  ),
  taken(
    "HEAD that is answered with a body",
    responses,
    ok(`Content-Length: ${evil.length}\r\n`, evil),
    "200",
    { send: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", methods: ["HEAD"], connection: "left-over" },
  ),
  notTaken(
    "a wrong length where there is no body",
    "RFC 9112 6.3",
    "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
    { why: "whoever reads it behind us may read it otherwise" },
  ),
];

const poisoning: readonly AnswerCase[] = [
  taken("two answers to one request", queue, ok("Content-Length: 2\r\n", "hi") + evil, '200 "hi"', {
    connection: "left-over",
  }),
  taken("bytes behind an answer", queue, `${ok("Content-Length: 2\r\n", "hi")}x`, '200 "hi"', {
    connection: "left-over",
  }),
  taken("an empty line behind an answer", queue, `${ok("Content-Length: 2\r\n", "hi")}\r\n`, '200 "hi"', {
    connection: "left-over",
  }),
  taken("an answer that nobody asked for", queue, ok("Content-Length: 2\r\n", "hi"), '200 "hi"', {
    later: evil,
    connection: "left-over",
  }),
  taken("408 on an idle connection", "RFC 9110 15.5.9", ok("Content-Length: 2\r\n", "hi"), '200 "hi"', {
    later: "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    connection: "left-over",
  }),
  taken("a byte on an idle connection", queue, ok("Content-Length: 2\r\n", "hi"), '200 "hi"', {
    later: "\n",
    connection: "left-over",
  }),
  {
    name: "an answer before the request's end",
    source: "Kettle, HTTP/1.1 must die 2025",
    send: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst",
    says: ok("Content-Length: 2\r\n", "hi"),
    early: true,
    client: '200 "hi", closed',
    answered: { has: ["Connection: close"] },
    connection: "early-answer",
  },
  {
    name: "a refusal before the request's end",
    source: "RFC 9112 9.5",
    send: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
    says: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n",
    early: true,
    client: "413, closed",
    connection: "early-answer",
  },
];

const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
const websocket =
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const switching =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const expecting = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
const final = ok("Content-Length: 2\r\n", "hi");

const informational: readonly AnswerCase[] = [
  taken("103 passes", "RFC 8297 2", early + final, '103, 200 "hi"'),
  taken("102 passes", "RFC 9110 15.2", `HTTP/1.1 102 Processing\r\n\r\n${final}`, '102, 200 "hi"'),
  taken("an unknown 1xx passes", "RFC 9110 15.2", `HTTP/1.1 150 Odd\r\n\r\n${final}`, '150, 200 "hi"'),
  taken("1xx does not reach HTTP/1.0", "RFC 9110 15.2", early + final, "", {
    send: "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    client: '200 "hi", closed',
  }),
  taken(
    "100 that nobody asked for passes",
    "RFC 9110 15.2",
    `HTTP/1.1 100 Continue\r\n\r\n${final}`,
    '100, 200 "hi"',
  ),
  taken(
    "a second 100 does not pass",
    "RFC 9110 10.1.1",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${final}`,
    '100, 200 "hi"',
    { send: expecting },
  ),
  taken(
    "1xx tells no length",
    "RFC 9110 8.6",
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n${final}`,
    '103, 200 "hi"',
  ),
  taken(
    "ten 1xx",
    "RFC 9110 15.2",
    `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(10)}${final}`,
    `${"102, ".repeat(10)}200 "hi"`,
  ),
  notTaken("eleven 1xx", "RFC 9110 15.2", `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(11)}${final}`, {
    client: `${"102, ".repeat(10)}${bad}`,
    why: "whoever sends so many may never end",
  }),
  notTaken("a malformed 1xx", "RFC 9112 4", `HTTP/1.1 103 Early Hints\r\nX : a\r\n\r\n${final}`),
];

const upgrades: readonly AnswerCase[] = [
  notTaken("101 that nobody asked for", "CVE-2024-23326", `${switching}evil`, {
    client: "502 upgrade-refused, open",
  }),
  notTaken(
    "101 to another protocol",
    "RFC 9110 7.8",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nevil",
    { send: websocket, client: "502 upgrade-refused, open" },
  ),
  notTaken("101 without a protocol", "RFC 9110 7.8", "HTTP/1.1 101 Switching Protocols\r\n\r\nevil", {
    send: websocket,
    client: "502 upgrade-refused, open",
  }),
  taken("200 to an upgrade is an answer", "CVE-2024-23326", final, '200 "hi"', { send: websocket }),
  taken(
    "426 to an upgrade is an answer",
    "Egorov, WebSocket smuggling 2019",
    "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n",
    "426",
    { send: websocket },
  ),
  {
    name: "101 that was asked for",
    source: "RFC 9110 7.8",
    send: websocket,
    says: `${switching}tunnelled`,
    afterwards: "ends",
    client: '101, then "tunnelled", closed',
    answered: { has: ["Upgrade: websocket", "Connection: Upgrade"] },
    connection: "upgraded",
  },
];

export const answers: readonly Topic<AnswerCase>[] = [
  { title: "answers and their bodies", why: "RFC 9112 6.3", cases: bodies },
  { title: "answers without a body", why: "RFC 9110", cases: bodyless },
  {
    title: "more than one answer",
    why: "what nobody asked for must never become the answer to somebody else",
    cases: poisoning,
  },
  { title: "1xx", why: "RFC 9110 15.2", cases: informational },
  {
    title: "101",
    why: "a tunnel only where the client asked for it, and only to what it asked for",
    cases: upgrades,
  },
];
