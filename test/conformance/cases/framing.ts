import { broken, post, refused, type RequestCase, smuggled, type Topic } from "./case.ts";

const bad = "400 bad-framing";
const chunked = "Transfer-Encoding: chunked\r\n";

/** A POST whose body arrives as it was meant. */
function carried(
  name: string,
  source: string,
  send: string,
  seen: string,
  more: Partial<RequestCase> = {},
): RequestCase {
  return { name, source, send, client: '200 "POST /p", open', worker: [`POST /p ${seen}`], ...more };
}

const bodies: readonly RequestCase[] = [
  carried("a body by its length", "RFC 9112 6.2", post("Content-Length: 5\r\n", "hello"), 'length "hello"'),
  carried("an empty body", "RFC 9112 6.2", post("Content-Length: 0\r\n"), 'length ""'),
  carried(
    "blanks around the length",
    "RFC 9112 5.1",
    post("Content-Length:   5  \r\n", "hello"),
    'length "hello"',
  ),
  carried("no length: no body", "RFC 9112 6.3", post(""), "", { worker: ["POST /p"] }),
  carried(
    "a body in chunks",
    "RFC 9112 7.1",
    post(chunked, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    'chunked "hello"',
  ),
  carried("an empty body in chunks", "RFC 9112 7.1", post(chunked, "0\r\n\r\n"), 'chunked ""'),
  carried(
    "the coding's name in capitals",
    "RFC 9112 7",
    post("TRANSFER-ENCODING: Chunked\r\n", "1\r\na\r\n0\r\n\r\n"),
    'chunked "a"',
  ),
  carried(
    "chunk sizes with capitals and leading zeros",
    "RFC 9112 7.1",
    post(chunked, `00A\r\n${"x".repeat(10)}\r\n0a\r\n${"y".repeat(10)}\r\n000\r\n\r\n`),
    `chunked "${"x".repeat(10)}${"y".repeat(10)}"`,
  ),
  carried(
    "chunk extensions are read and dropped",
    "RFC 9112 7.1.1",
    post(chunked, '1;a\r\nx\r\n1;a=b;c="d \\" e"\r\ny\r\n0;z\r\n\r\n'),
    'chunked "xy"',
  ),
  {
    name: "a GET with a body keeps it",
    source: "RFC 9110 9.3.1",
    send: "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    client: '200 "GET /", open',
    worker: ['GET / length "abc"'],
  },
  {
    name: "a HEAD with a body keeps it",
    source: "RFC 9110 9.3.2",
    send: "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    methods: ["HEAD"],
    client: "200, open",
    worker: ['HEAD / length "abc"'],
  },
  {
    name: "three requests in one write",
    source: "RFC 9112 9.3.2",
    send:
      post("Content-Length: 2\r\n", "ab", "/1") +
      post(chunked, "2\r\ncd\r\n0\r\n\r\n", "/2") +
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
    client: '200 "POST /1", 200 "POST /2", 200 "GET /3", open',
    worker: ['POST /1 length "ab"', 'POST /2 chunked "cd"', "GET /3"],
  },
  {
    name: "a body shorter than its length",
    source: "RFC 9112 8",
    send: post("Content-Length: 10\r\n", "hello"),
    client: "open",
    worker: ['POST /p length "hello"...'],
    poisoned: "aborted",
  },
  {
    name: "chunks without a last one",
    source: "RFC 9112 8",
    send: post(chunked, "5\r\nhello\r\n"),
    client: "open",
    worker: ['POST /p chunked "hello"...'],
    poisoned: "aborted",
  },
  {
    name: "HTTP/1.0: a body by its length, and the end of the connection",
    source: "RFC 9112 9.3",
    send: "POST /p HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
    client: '200 "POST /p", closed',
    worker: ['POST /p length "hi"'],
  },
  {
    name: "HTTP/1.0 that asks to stay",
    source: "RFC 9112 9.3",
    send: "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    client: '200 "GET /", open',
    worker: ["GET /"],
    answered: { has: ["Connection: keep-alive"] },
  },
  {
    name: "what follows a request with Connection: close is not read",
    source: "RFC 9112 9.6",
    send: `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${smuggled}`,
    client: '200 "GET /", closed',
    closedAtOnce: true,
    worker: ["GET /"],
    answered: { has: ["Connection: close"] },
  },
];

/** Each with a body that some reader would take for a request. */
const lengths: readonly RequestCase[] = (
  [
    ["two lengths that differ", "RFC 9112 6.3", "Content-Length: 0\r\nContent-Length: 5\r\n"],
    ["two lengths by the case of their names", "CVE-2026-1525", "Content-Length: 0\r\ncontent-length: 5\r\n"],
    ["a list of lengths that differ", "RFC 9112 6.3", "Content-Length: 0, 5\r\n"],
    ["an empty length", "CVE-2023-40225", "Content-Length:\r\n"],
    ["a length of blanks", "RFC 9110 8.6", "Content-Length:   \r\n"],
    ["a length with a plus", "RFC 9110 8.6", "Content-Length: +5\r\n"],
    ["a length with a minus", "RFC 9110 8.6", "Content-Length: -5\r\n"],
    ["minus zero", "RFC 9110 8.6", "Content-Length: -0\r\n"],
    ["a hexadecimal length", "RFC 9110 8.6", "Content-Length: 0x5\r\n"],
    ["a length in letters and digits", "RFC 9110 8.6", "Content-Length: 5a\r\n"],
    ["an octal length", "RFC 9110 8.6", "Content-Length: 0o5\r\n"],
    ["a length with an underscore", "RFC 9110 8.6", "Content-Length: 1_0\r\n"],
    ["a length with a fraction", "RFC 9110 8.6", "Content-Length: 5.0\r\n"],
    ["a length with an exponent", "RFC 9110 8.6", "Content-Length: 5e0\r\n"],
    ["a blank within the length", "RFC 9110 8.6", "Content-Length: 1 5\r\n"],
    ["a length in quotes", "RFC 9110 8.6", 'Content-Length: "5"\r\n'],
    ["a length that ends in a comma", "RFC 9110 8.6", "Content-Length: 5,\r\n"],
    ["a length with a parameter", "RFC 9110 8.6", "Content-Length: 5;a=b\r\n"],
    ["digits of another alphabet", "RFC 9110 8.6", "Content-Length: \xd9\xa5\r\n"],
    ["a length over 64 bits", "RFC 9110 8.6", "Content-Length: 18446744073709551621\r\n"],
    ["a length over 32 bits of 4 GiB and 5", "CVE-2021-40346", "Content-Length: 00000004294967301\r\n"],
  ] as const
).map(([name, source, fields]) => refused(name, source, post(fields, smuggled), bad));

const strictLengths: readonly RequestCase[] = [
  refused(
    "two lengths that are the same",
    "RFC 9112 6.3",
    post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
    bad,
  ),
  refused(
    "a list of lengths that are the same",
    "RFC 9112 6.3",
    post("Content-Length: 5, 5\r\n", "hello"),
    bad,
  ),
  refused(
    "a length with a leading zero",
    "RFC 9110 8.6",
    post("Content-Length: 05\r\n", "hello"),
    bad,
    "some readers take it for octal",
  ),
  refused(
    "a tab before the length",
    "RFC 9112 5.1",
    post("Content-Length:\t5\r\n", "hello"),
    bad,
    "readers disagree about tabs beside a length; nobody sends one",
  ),
  refused(
    "a tab after the length",
    "RFC 9112 5.1",
    post("Content-Length: 5\t\r\n", "hello"),
    bad,
    "readers disagree about tabs beside a length; nobody sends one",
  ),
  refused(
    "a vertical tab before the length",
    "RFC 9110 5.5",
    post("Content-Length: \x0b5\r\n", "hello"),
    "400 bad-request",
  ),
  refused(
    "a blank before the colon of the length",
    "CVE-2024-27982",
    post("Content-Length : 5\r\n", "hello"),
    "400 bad-request",
  ),
  refused("a folded length", "RFC 9112 5.2", post("Content-Length:\r\n 5\r\n", "hello"), "400 bad-request"),
  refused(
    "a length of a petabyte",
    "RFC 9110 8.6",
    post("Content-Length: 1000000000000000\r\n"),
    bad,
    "15 digits are enough, and every one of them is exact",
  ),
];

const chunks: readonly RequestCase[] = (
  [
    ["a chunk without a size", "RFC 9112 7.1", "\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size with a plus", "RFC 9112 7.1", "+3\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size with a minus", "RFC 9112 7.1", "-3\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size with 0x", "RFC 9112 7.1", "0x3\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size with an underscore", "RFC 9112 7.1", "1_0\r\n0123456789abcdef\r\n0\r\n\r\n"],
    ["a chunk size in letters that are no digits", "RFC 9112 7.1", "g\r\nabc\r\n0\r\n\r\n"],
    ["a blank before a chunk size", "RFC 9112 7.1", " 3\r\nabc\r\n0\r\n\r\n"],
    ["a blank after a chunk size", "RFC 9112 7.1", "3 \r\nabc\r\n0\r\n\r\n"],
    ["a tab after a chunk size", "RFC 9112 7.1", "3\t\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size over 64 bits", "RFC 9112 7.1", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size that is negative in 64 bits", "RFC 9112 7.1", "ffffffffffffffff\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size of 2^53", "RFC 9112 7.1", "20000000000000\r\nabc\r\n"],
    ["17 digits of zeros before a chunk size", "RFC 9112 7.1", "00000000000000003\r\nabc\r\n0\r\n\r\n"],
    ["NUL in a chunk size", "RFC 9112 7.1", "3\0\r\nabc\r\n0\r\n\r\n"],
    ["bare LF after a chunk size", "CVE-2025-22871", "3\nabc\r\n0\r\n\r\n"],
    ["CR CR LF after a chunk size", "RFC 9112 7.1", "3\r\r\nabc\r\n0\r\n\r\n"],
    ["bare CR after a chunk size", "RFC 9112 7.1", "3\rabc\r\n0\r\n\r\n"],
    ["chunk data longer than its size", "RFC 9112 7.1", "3\r\nabcd\r\n0\r\n\r\n"],
    ["chunk data without its CRLF", "RFC 9112 7.1", "3\r\nabc0\r\n\r\n"],
    ["bare LF after chunk data", "RFC 9112 7.1", "3\r\nabc\n0\r\n\r\n"],
    ["bare CR after chunk data", "RFC 9112 7.1", "3\r\nabc\r0\r\n\r\n"],
    ["bare LF after the last chunk", "RFC 9112 7.1", "0\n\n"],
    ["bare LF as the end of a chunked body", "RFC 9112 7.1", "0\r\n\n"],
    ["a folded trailer", "RFC 9112 5.2", "0\r\nX: a\r\n b\r\n\r\n"],
    ["a trailer without a colon", "RFC 9112 7.1.2", `0\r\n${smuggled}`],
    ["a trailer with a blank before its colon", "RFC 9112 5.1", "0\r\nX : a\r\n\r\n"],
    ["a trailer Content-Length", "RFC 9110 6.5.1", "0\r\nContent-Length: 5\r\n\r\n"],
    ["a trailer Transfer-Encoding", "RFC 9110 6.5.1", "0\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["a trailer Host", "RFC 9110 6.5.1", "0\r\nHost: b\r\n\r\n"],
    ["101 trailers", "RFC 9112 7.1.2", `0\r\n${"X: a\r\n".repeat(101)}\r\n`],
    ["more than 16 KiB of trailers", "RFC 9112 7.1.2", `0\r\nX: ${"a".repeat(16_384)}\r\n\r\n`],
  ] as const
).map(([name, source, body]) => broken(name, source, post(chunked, body)));

const extensions: readonly RequestCase[] = (
  [
    [
      "bare LF in a chunk extension (TERM.EXT)",
      "Weikop, Funky chunks 2025",
      `2;\nxx\r\n4c\r\n0\r\n\r\n${smuggled}`,
    ],
    ["bare LF after an extension's name", "CVE-2025-22871", "3;a\nabc\r\n0\r\n\r\n"],
    ["bare CR in a chunk extension (EXT.TERM)", "Weikop, Funky chunks 2025", "3;a\rb\r\nabc\r\n0\r\n\r\n"],
    ["bare LF in a quoted extension", "RFC 9112 7.1.1", '3;a="\n"\r\nabc\r\n0\r\n\r\n'],
    ["CR LF in a quoted extension", "RFC 9112 7.1.1", '3;a="\r\nabc\r\n0\r\n\r\n"\r\n0\r\n\r\n'],
    ["an extension without a name", "RFC 9112 7.1.1", "3;\r\nabc\r\n0\r\n\r\n"],
    ["an extension without a value", "RFC 9112 7.1.1", "3;a=\r\nabc\r\n0\r\n\r\n"],
    ["NUL in a chunk extension", "RFC 9112 7.1.1", "3;a\0\r\nabc\r\n0\r\n\r\n"],
    ["bytes above 127 in a chunk extension", "RFC 9112 7.1.1", "3;\xe4\r\nabc\r\n0\r\n\r\n"],
    ["an open quote in a chunk extension", "RFC 9112 7.1.1", '3;a="b\r\nabc\r\n0\r\n\r\n'],
    ["4 KiB of extensions in one line", "CVE-2024-22019", `3;${"a".repeat(4096)}\r\nabc\r\n0\r\n\r\n`],
    [
      "16 KiB of extensions in one body",
      "CVE-2023-39326",
      `${`1;${"a".repeat(4000)}\r\nx\r\n`.repeat(5)}0\r\n\r\n`,
    ],
    [
      "two bytes of data beyond their size (SPILL.TERM)",
      "Weikop, Funky chunks 2025",
      `5\r\nAAAAAXX2\r\n45\r\n0\r\n\r\n${smuggled}`,
    ],
  ] as const
).map(([name, source, body]) => broken(name, source, post(chunked, body)));

const strictExtensions: readonly RequestCase[] = [
  broken("a blank before a chunk extension", "RFC 9112 7.1.1", post(chunked, "3 ;a\r\nabc\r\n0\r\n\r\n"), {
    why: "the RFC allows blanks there only because old programs sent them",
  }),
  broken("a blank within a chunk extension", "RFC 9112 7.1.1", post(chunked, "3; a\r\nabc\r\n0\r\n\r\n"), {
    why: "the RFC allows blanks there only because old programs sent them",
  }),
];

export const framing: readonly Topic<RequestCase>[] = [
  { title: "bodies", why: "a body belongs to its request, whatever the method", cases: bodies },
  {
    title: "Content-Length",
    why: "one plain decimal number, or the request is refused: whoever reads another number sees other requests",
    cases: [...lengths, ...strictLengths],
  },
  {
    title: "chunks and trailers",
    why: "exactly the grammar: what one reader repairs another reads as the next request",
    cases: chunks,
  },
  {
    title: "chunk extensions",
    why: "exactly the grammar: extensions were used to hide line ends",
    cases: [...extensions, ...strictExtensions],
  },
];
