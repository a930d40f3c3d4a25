import { broken, get, passed, post, refused, type RequestCase, smuggled, type Topic } from "./case.ts";
import { clTe, clTeBody, kettle2019, teTe } from "./te-te.ts";

const bad = "400 bad-framing";
const kettle2022 = "Kettle, Browser-powered desync attacks 2022";
const kettle2025 = "Kettle, HTTP/1.1 must die 2025";

const lengthAgainstChunked: readonly RequestCase[] = [
  refused("CL.TE", kettle2019, clTe("Transfer-Encoding: chunked"), bad),
  refused(
    "TE.CL",
    kettle2019,
    post(
      "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
      `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ),
    bad,
  ),
  refused("CL.TE in HTTP/1.0", "RFC 9112 6.1", clTe("Transfer-Encoding: chunked").replace("1.1", "1.0"), bad),
  refused(
    "chunked in HTTP/1.0",
    "RFC 9112 6.1",
    "POST /p HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    bad,
  ),
  refused(
    "chunked and Content-Length: 0",
    "RFC 9112 6.1",
    post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", clTeBody),
    bad,
  ),
  refused(
    "chunked and a length, on a GET",
    "RFC 9112 6.1",
    `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    bad,
  ),
  refused(
    "chunked, named by Connection, and a length",
    "Davison, Hop-by-hop abuse 2019",
    clTe("Transfer-Encoding: chunked\r\nConnection: transfer-encoding"),
    "400 bad-request",
  ),
];

/** One of the two forgets that there is a body. */
const forgotten: readonly RequestCase[] = [
  {
    name: "CL.0: a GET whose body is a request",
    source: kettle2022,
    send: `GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    client: '200 "GET /x", open',
    worker: [`GET /x length ${JSON.stringify(smuggled)}`],
  },
  {
    name: "CL.0: a POST whose body is a request",
    source: kettle2022,
    send: post(`Content-Length: ${smuggled.length}\r\n`, smuggled),
    client: '200 "POST /p", open',
    worker: [`POST /p length ${JSON.stringify(smuggled)}`],
  },
  {
    name: "TE.0: an OPTIONS whose body is a request",
    source: "Arnolfo and others, TE.0 2024",
    send:
      "OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
      `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    client: '200 "OPTIONS /", open',
    worker: [`OPTIONS / chunked ${JSON.stringify(smuggled)}`],
  },
  {
    name: "TE.0: a GET whose body is a request",
    source: "Arnolfo and others, TE.0 2024",
    send: `GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    client: '200 "GET /", open',
    worker: [`GET / chunked ${JSON.stringify(smuggled)}`],
  },
  refused(
    "0.CL: a length after a folded line",
    kettle2025,
    `GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    "400 bad-request",
  ),
  refused(
    "0.CL: a length behind a bare LF",
    kettle2025,
    `GET / HTTP/1.1\r\nHost: a\r\nX: a\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    "400 bad-request",
  ),
  refused(
    "0.CL: a length with a blank before its colon",
    kettle2025,
    `GET / HTTP/1.1\r\nHost: a\r\nContent-Length : ${smuggled.length}\r\n\r\n${smuggled}`,
    "400 bad-request",
  ),
  {
    name: "0.CL: a length with an underscore is no length, and is not forwarded",
    source: kettle2025,
    send: `GET / HTTP/1.1\r\nHost: a\r\nContent_Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    client: '200 "GET /", 200 "GET /smuggled", open',
    worker: ["GET /", "GET /smuggled"],
    forwarded: { lacks: ["content_length", "content-length"] },
  },
  refused(
    "double CL: the first length hides a request",
    "Linhart and others, Request smuggling 2005",
    post(`Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n`, smuggled),
    bad,
  ),
  refused(
    "double CL: the last length hides a request",
    "Linhart and others, Request smuggling 2005",
    post(`Content-Length: ${smuggled.length}\r\nContent-Length: 0\r\n`, smuggled),
    bad,
  ),
  broken(
    "chunked that ends within the smuggled request",
    kettle2019,
    post("Transfer-Encoding: chunked\r\n", `3\r\n${smuggled}`),
  ),
];

const expectations: readonly RequestCase[] = [
  refused(
    "Expect that is obfuscated",
    kettle2025,
    post("Expect: y 100-continue\r\nContent-Length: 5\r\n", "hello"),
    "417 expectation-failed",
  ),
  refused(
    "Expect of something else",
    "RFC 9110 10.1.1",
    post("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello"),
    "417 expectation-failed",
  ),
  refused(
    "Expect of two things",
    "RFC 9110 10.1.1",
    post("Expect: 100-continue, x\r\nContent-Length: 5\r\n", "hello"),
    "417 expectation-failed",
  ),
  refused(
    "two Expect",
    "RFC 9110 10.1.1",
    post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", "hello"),
    "417 expectation-failed",
  ),
  {
    name: "Expect, and a body that does not wait and is a request",
    source: kettle2025,
    send: post(`Expect: 100-continue\r\nContent-Length: ${smuggled.length}\r\n`, smuggled),
    client: '100, 200 "POST /p", open',
    worker: [`POST /p length ${JSON.stringify(smuggled)}`],
  },
];

const websocket =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const noUpgrade = { lacks: ["upgrade", "connection", "http2-settings"] };

const otherProtocols: readonly RequestCase[] = [
  passed(
    "h2c by Upgrade",
    "Miller, h2c smuggling 2020",
    get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
    "/",
    { forwarded: noUpgrade },
  ),
  passed(
    "h2c by Upgrade, not named by Connection",
    "Miller, h2c smuggling 2020",
    get("Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"),
    "/",
    { forwarded: noUpgrade },
  ),
  passed(
    "h2c beside websocket",
    "Miller, h2c smuggling 2020",
    get("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"),
    "/",
    { forwarded: noUpgrade },
  ),
  passed(
    "h2c in a second Upgrade",
    "Miller, h2c smuggling 2020",
    get("Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n"),
    "/",
    { forwarded: noUpgrade },
  ),
  passed("Upgrade to TLS", "RFC 2817 3", get("Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n"), "/", {
    forwarded: noUpgrade,
  }),
  passed("Upgrade in HTTP/1.0", "RFC 9110 7.8", `GET / HTTP/1.0\r\nHost: a\r\n${websocket}\r\n`, "/", {
    client: '200 "GET /", closed',
    forwarded: noUpgrade,
  }),
  {
    name: "Upgrade of a POST with a body",
    source: "RFC 6455 4.1",
    send: post(`${websocket}Content-Length: 2\r\n`, "hi"),
    client: '200 "POST /p", open',
    worker: ['POST /p length "hi"'],
    forwarded: noUpgrade,
  },
  {
    name: "a request behind an upgrade that is refused is a request",
    source: "Egorov, WebSocket smuggling 2019",
    send: get(`${websocket}Sec-WebSocket-Version: 1337\r\n`, "/ws") + smuggled,
    client: '200 "GET /ws", 200 "GET /smuggled", open',
    worker: ["GET /ws", "GET /smuggled"],
    forwarded: { has: ["Connection: Upgrade", "Upgrade: websocket"] },
  },
];

export const smuggling: readonly Topic<RequestCase>[] = [
  {
    title: "a length against chunked",
    why: "both are never sent by anybody who means well",
    cases: lengthAgainstChunked,
  },
  teTe,
  {
    title: "forgotten bodies",
    why: "a body is forwarded with its framing, never forgotten",
    cases: forgotten,
  },
  {
    title: "Expect",
    why: "417 is what the RFC offers; passed on, it was used to make servers answer early",
    cases: expectations,
  },
  {
    title: "other protocols",
    why: "only websocket is upgraded, unless a route says more: a tunnel is out of every rule's reach",
    cases: otherProtocols,
  },
];
