import { answeredHere, get, passed, post, refused, type RequestCase, smuggled, type Topic } from "./case.ts";
import { origin } from "./origin.ts";

const hop: readonly RequestCase[] = [
  passed(
    "fields for one hop stay here",
    "RFC 9110 7.6.1",
    get(
      "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Connection: keep-alive\r\nUpgrade: x\r\nX: 1\r\n",
    ),
    "/",
    {
      forwarded: {
        has: ["X: 1"],
        lacks: ["connection", "keep-alive", "te", "proxy-connection", "upgrade"],
      },
    },
  ),
  passed(
    "what Connection names stays here",
    "RFC 9110 7.6.1",
    get("Connection: X-Hop, x-two\r\nX-Hop: 1\r\nX-Two: 2\r\nX: 3\r\n"),
    "/",
    {
      forwarded: { has: ["X: 3"], lacks: ["x-hop", "x-two", "connection"] },
    },
  ),
  passed(
    "what a second Connection names stays here",
    "RFC 9110 7.6.1",
    get("Connection: x-a\r\nX-A: 1\r\nConnection: x-b\r\nX-B: 2\r\n"),
    "/",
    {
      forwarded: { lacks: ["x-a", "x-b"] },
    },
  ),
  passed("what Connection names and is not there", "RFC 9110 7.6.1", get("Connection: x-none\r\n")),
  passed(
    "the credentials for a proxy stay here",
    "RFC 9110 11.7.2",
    get("Proxy-Authorization: Basic x\r\n"),
    "/",
    {
      forwarded: { lacks: ["proxy-authorization"] },
    },
  ),
  {
    name: "Connection: close is for this hop",
    source: "RFC 9112 9.6",
    send: get("Connection: close\r\n"),
    client: '200 "GET /", closed',
    worker: ["GET /"],
    forwarded: { lacks: ["connection"] },
  },
  refused(
    "an option of Connection that is no token",
    "RFC 9110 7.6.1",
    get("Connection: a b\r\n"),
    "400 bad-request",
  ),
  refused(
    "33 options of Connection",
    "RFC 9110 7.6.1",
    get(`Connection: ${Array.from({ length: 33 }, (_, at) => `x-${at}`).join()}\r\n`),
    "400 bad-request",
    "each is looked for among all fields",
  ),
];

/** Connection must not take away what routing, framing, trust and identity rest on. */
const nominated: readonly RequestCase[] = (
  [
    ["Host", "Davison, Hop-by-hop abuse 2019"],
    ["Content-Length", "Davison, Hop-by-hop abuse 2019"],
    ["Transfer-Encoding", "Davison, Hop-by-hop abuse 2019"],
    ["X-Forwarded-For", "CVE-2022-31813"],
    ["X-Forwarded-Host", "CVE-2024-45410"],
    ["X_Forwarded_Proto", "CVE-2026-39858"],
    ["Forwarded", "RFC 7239 8"],
    ["X-Real-Ip", "CVE-2025-48865"],
    ["Via", "RFC 9110 7.6.3"],
    ["Cookie", "Davison, Hop-by-hop abuse 2019"],
    ["Authorization", "Davison, Hop-by-hop abuse 2019"],
    ["Content-Type", "Davison, Hop-by-hop abuse 2019"],
    ["X-Request-Id", "Davison, Hop-by-hop abuse 2019"],
  ] as const
).map(([name, source]) =>
  refused(
    `Connection names ${name}`,
    source,
    post(`Connection: close, ${name}\r\nContent-Length: 2\r\n`, "hi"),
    "400 bad-request",
    "the RFC wants the field removed; then the worker sees another request than the one that was checked",
  ),
);

const asked = (method: string, hops: string): string =>
  `${method} /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: ${hops}\r\n\r\n`;

const hops: readonly RequestCase[] = [
  refused("TRACE", "RFC 9110 9.3.8", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405 method-refused"),
  refused("TRACE with Max-Forwards: 0", "RFC 9110 7.6.2", asked("TRACE", "0"), "405 method-refused"),
  {
    name: "OPTIONS with Max-Forwards: 1",
    source: "RFC 9110 7.6.2",
    send: asked("OPTIONS", "1"),
    client: '200 "OPTIONS /x", open',
    worker: ["OPTIONS /x"],
    forwarded: { has: ["Max-Forwards: 0"] },
  },
  answeredHere(
    "OPTIONS with Max-Forwards: 0 is answered here",
    "RFC 9110 7.6.2",
    asked("OPTIONS", "0"),
    "200 last-hop",
    {
      answered: { has: ["Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"] },
      why: "the RFC's MUST for every intermediary",
    },
  ),
  refused(
    "OPTIONS with a Max-Forwards that is no number",
    "RFC 9110 7.6.2",
    asked("OPTIONS", "x"),
    "400 bad-request",
  ),
  refused(
    "OPTIONS with two Max-Forwards",
    "RFC 9110 7.6.2",
    asked("OPTIONS", "1\r\nMax-Forwards: 0"),
    "400 bad-request",
  ),
  passed("Max-Forwards of a GET is left alone", "RFC 9110 7.6.2", asked("GET", "0"), "/x", {
    forwarded: { has: ["Max-Forwards: 0"] },
  }),
];

const continuing = "Expect: 100-continue\r\n";

const between: readonly RequestCase[] = [
  {
    name: "Expect: 100-continue reaches the worker, and its 100 the client",
    source: "RFC 9110 10.1.1",
    send: post(`${continuing}Content-Length: 2\r\n`, "hi"),
    client: '100, 200 "POST /p", open',
    worker: ['POST /p length "hi"'],
    forwarded: { has: ["Expect: 100-continue"] },
  },
  {
    name: "Expect in other letters",
    source: "RFC 9110 10.1.1",
    send: post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "hi"),
    client: '100, 200 "POST /p", open',
    worker: ['POST /p length "hi"'],
  },
  passed("Expect without a body is dropped", "RFC 9110 10.1.1", get(continuing), "/", {
    forwarded: { lacks: ["expect"] },
  }),
  {
    name: "Expect in HTTP/1.0 is dropped",
    source: "RFC 9110 10.1.1",
    send: `POST /p HTTP/1.0\r\nHost: a\r\n${continuing}Content-Length: 2\r\n\r\nhi`,
    client: '200 "POST /p", closed',
    worker: ['POST /p length "hi"'],
    forwarded: { lacks: ["expect"] },
  },
  {
    name: "trailers pass",
    source: "RFC 9110 6.5.2",
    send: post("Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n", "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n"),
    client: '200 "POST /p", open',
    worker: ['POST /p chunked "hi" + X-Sum: 1'],
    forwarded: { has: ["Trailer: X-Sum"] },
  },
  {
    name: "trailers that say where a request came from, who asks, or what it is, do not pass",
    source: "RFC 9110 6.5.1",
    send: post(
      "Transfer-Encoding: chunked\r\n",
      "2\r\nhi\r\n0\r\nX-Forwarded-For: 1\r\nX_Real_IP: 1\r\nAuthorization: x\r\nCookie: a\r\nContent-Type: x\r\nTE: x\r\nX-Sum: 1\r\n\r\n",
    ),
    client: '200 "POST /p", open',
    worker: ['POST /p chunked "hi" + X-Sum: 1'],
  },
  {
    name: "Trailer without chunks is dropped",
    source: "RFC 9110 6.6.2",
    send: post("Content-Length: 2\r\nTrailer: X-Sum\r\n", "hi"),
    client: '200 "POST /p", open',
    worker: ['POST /p length "hi"'],
    forwarded: { lacks: ["trailer"] },
  },
  {
    name: "a request behind the end of one that is refused is not read",
    source: "RFC 9112 9.6",
    send: get("Bad : 1\r\n") + smuggled,
    client: "400 bad-request, closed",
    worker: [],
  },
  {
    name: "a good request, then one that is refused",
    source: "RFC 9112 9.3.2",
    send: get("", "/1") + get("Bad : 1\r\n", "/2") + smuggled,
    client: '200 "GET /1", 400 bad-request, closed',
    worker: ["GET /1"],
  },
];

export const forwarding: readonly Topic<RequestCase>[] = [
  { title: "fields for one hop", why: "RFC 9110 7.6.1", cases: hop },
  {
    title: "what Connection may not name",
    why: "the RFC wants the field removed; then the worker sees another request than the one that was checked",
    cases: nominated,
  },
  origin,
  { title: "TRACE and Max-Forwards", why: "RFC 9110 7.6.2 and 9.3.8", cases: hops },
  { title: "Expect, trailers, what follows", why: "RFC 9110", cases: between },
];
