import { broken, get, passed, post, refused, type RequestCase, smuggled, type Topic } from "./case.ts";

const bad = "400 bad-framing";
const kettle2019 = "Kettle, HTTP desync attacks 2019";
const kettle2022 = "Kettle, Browser-powered desync attacks 2022";
const kettle2025 = "Kettle, HTTP/1.1 must die 2025";

/** A request that ends where `chunked` says, with a request behind it that belongs to the body where a length says. */
const clTeBody = `0\r\n\r\n${smuggled}`;
const clTe = (line: string): string => post(`Content-Length: ${clTeBody.length}\r\n${line}\r\n`, clTeBody);

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

/** TE.TE: one reader must be brought to overlook the coding. All with a length beside it, as the attack needs it. */
const obfuscations: readonly RequestCase[] = (
  [
    ["a blank before the colon", "Transfer-Encoding : chunked", "400 bad-request"],
    ["a tab before the colon", "Transfer-Encoding\t: chunked", "400 bad-request"],
    ["a blank before the name", " Transfer-Encoding: chunked", "400 bad-request"],
    ["a tab before the name", "\tTransfer-Encoding: chunked", "400 bad-request"],
    ["a vertical tab before the name", "\x0bTransfer-Encoding: chunked", "400 bad-request"],
    ["a blank in the name", "Transfer Encoding: chunked", "400 bad-request"],
    ["bare CR in the name", "Transfer\r-Encoding: chunked", "400 bad-request"],
    ["NUL after the name", "Transfer-Encoding\0: chunked", "400 bad-request"],
    ["a byte above 127 in the name", "Transf\x82r-Encoding: chunked", "400 bad-request"],
    ["a byte above 127 after the colon", "Transfer-Encoding:\xffchunked", bad],
    ["a no-break space before the coding", "Transfer-Encoding: \xa0chunked", bad],
    ["a tab before the coding", "Transfer-Encoding:\tchunked", bad],
    ["a tab after the coding", "Transfer-Encoding: chunked\t", bad],
    ["a vertical tab before the coding", "Transfer-Encoding: \x0bchunked", "400 bad-request"],
    ["a form feed before the coding", "Transfer-Encoding: \x0cchunked", "400 bad-request"],
    ["NUL before the coding", "Transfer-Encoding: \0chunked", "400 bad-request"],
    ["bare CR before the coding", "Transfer-Encoding: \rchunked", "400 bad-request"],
    ["bare CR after the coding", "Transfer-Encoding: chunked\r", "400 bad-request"],
    ["bare LF before the coding", "Transfer-Encoding:\n chunked", "400 bad-request"],
    ["bare LF after another field", "X: x\nTransfer-Encoding: chunked", "400 bad-request"],
    ["bare CR after another field", "X: x\rTransfer-Encoding: chunked", "400 bad-request"],
    ["folded", "Transfer-Encoding:\r\n chunked", "400 bad-request"],
    ["folded into another field", "X: x\r\n Transfer-Encoding: chunked", "400 bad-request"],
    ["the colon on the next line", "Transfer-Encoding\r\n: chunked", "400 bad-request"],
    ["no colon", "Transfer-Encoding chunked", "400 bad-request"],
    ["no blank after the colon", "Transfer-Encoding:chunked", bad],
    ["two blanks after the colon", "Transfer-Encoding:  chunked", bad],
    ["in capitals", "TRANSFER-ENCODING: CHUNKED", bad],
    ["in mixed case", "tRaNsFeR-eNcOdInG: cHuNkEd", bad],
    ["in quotes", 'Transfer-Encoding: "chunked"', bad],
    ["in single quotes", "Transfer-Encoding: 'chunked'", bad],
    ["an unknown coding", "Transfer-Encoding: xchunked", bad],
    ["a part of the word", "Transfer-Encoding: chunk", bad],
    ["identity", "Transfer-Encoding: identity", bad],
    ["identity, then chunked", "Transfer-Encoding: identity, chunked", bad],
    ["chunked, then identity", "Transfer-Encoding: chunked, identity", bad],
    ["gzip, then chunked", "Transfer-Encoding: gzip, chunked", bad],
    ["chunked, then gzip", "Transfer-Encoding: chunked, gzip", bad],
    ["chunked twice", "Transfer-Encoding: chunked, chunked", bad],
    ["chunked and a comma", "Transfer-Encoding: chunked,", bad],
    ["a comma and chunked", "Transfer-Encoding: ,chunked", bad],
    ["chunked among words", "Transfer-Encoding: cow chunked bar", bad],
    ["chunked with a parameter", "Transfer-Encoding: chunked;q=1", bad],
    ["an empty coding", "Transfer-Encoding:", bad],
    ["two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", bad],
    ["two fields, the last unknown", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", bad],
    ["two fields, the first unknown", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", bad],
    ["two fields, one of them empty", "Transfer-Encoding:\r\nTransfer-Encoding: chunked", bad],
    ["with an umlaut", "Transfer-Encoding: ch\xfcnked", bad],
    ["a sign that upper-cases to K", "Transfer-Encoding: chun\xe2\x84\xaaed", bad],
  ] as const
).map(([name, line, answer]) => refused(`TE.TE, ${name}`, kettle2019, clTe(line), answer));

/** What looks like the coding to some readers, and is another field: then the length alone counts. */
const otherNames: readonly RequestCase[] = (
  [
    ["with an underscore", "Transfer_Encoding: chunked", ["transfer_encoding", "transfer-encoding"]],
    ["with another first letter", "XTransfer-Encoding: chunked", ["transfer-encoding"]],
    ["with a dot at its end", "Transfer-Encoding.: chunked", ["transfer-encoding"]],
    ["of the content", "Content-Encoding: chunked", ["transfer-encoding"]],
    ["of TE", "TE: chunked", ["te", "transfer-encoding"]],
  ] as const
).map(([name, line, lacks]) => ({
  name: `TE.TE, a name ${name} is another name`,
  source: kettle2019,
  send: clTe(line),
  client: '200 "POST /p", open',
  worker: [`POST /p length ${JSON.stringify(clTeBody)}`],
  forwarded: { lacks },
}));

/** The coding alone, in a form that is not exactly `chunked`: no length to fall back on. */
const codings: readonly RequestCase[] = (
  [
    ["an unknown coding", "xchunked", "501 coding-unknown"],
    ["gzip, then chunked", "gzip, chunked", "501 coding-unknown"],
    ["identity", "identity", "501 coding-unknown"],
    ["chunked, then gzip", "chunked, gzip", bad],
    ["chunked twice", "chunked, chunked", bad],
    ["chunked with a parameter", "chunked;q=1", bad],
    ["an empty coding", "", bad],
    ["chunked after a tab", "\tchunked", bad],
  ] as const
).map(([name, coding, answer]) =>
  refused(
    `${name}, without a length`,
    "RFC 9112 6.1",
    post(`Transfer-Encoding: ${coding}\r\n`, clTeBody),
    answer,
  ),
);

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
  {
    title: "TE.TE",
    why: "exactly one `chunked`, or the request is refused",
    cases: [...obfuscations, ...otherNames, ...codings],
  },
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
