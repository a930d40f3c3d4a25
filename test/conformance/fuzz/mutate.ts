import type { Random } from "../../../src/runtime/random.ts";

/** Whole messages, each using some construct that smuggling rests on. Mutated, joined and cut by `mutate`. */
const heads = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /a/b?c=d HTTP/1.1\r\nHost: shop.example.com:8080\r\nUser-Agent: x/1 (y; z)\r\nAccept: */*\r\nCookie: a=b; c=d\r\n\r\n",
  "HEAD /x HTTP/1.1\r\nhost: a\r\nConnection: keep-alive\r\n\r\n",
  "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
  "GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
  "GET /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
  "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nA;x=y;z="q\\""\r\n0123456789\r\n00\r\nX-T: 1\r\n\r\n',
  "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\na\r\n2;e\r\nbc\r\n0;l\r\nX-T: 1\r\nCookie: b\r\n\r\n",
  "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
  "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n",
  "PATCH /t HTTP/1.1\r\nHost: a\r\nX-Tab:\ta\tb \r\nX-Obs: \xe4\xff\r\nX-Empty:\r\nContent-Length: 1\r\n\r\n1",
];

/** The same for answers. */
export const answerHeads: readonly string[] = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end",
  "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi",
  "HTTP/1.0 404 Not Found\r\n\r\ngone",
  "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: "x"\r\n\r\n',
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  "HTTP/1.1 500 \xc4rger\r\nX-Tab:\ta\tb \r\nX-Empty:\r\nContent-Length: 3\r\n\r\nabc",
];

const fieldLines = [
  "Content-Length: 0\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 3, 3\r\n",
  "Content-Length: +3\r\n",
  "Content-Length: 0x3\r\n",
  "Content-Length: 03\r\n",
  "Content-Length : 3\r\n",
  "Content_Length: 3\r\n",
  "Content-Length:\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: Chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding:\x0bchunked\r\n",
  "Transfer-Encoding: xchunked\r\n",
  "Transfer-Encoding\t: chunked\r\n",
  "Transfer-Encoding:\r\n chunked\r\n",
  "transfer-encoding: chunked \r\n",
  "Host: b\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, close\r\n",
  "Connection: content-length\r\n",
  "Connection: x-any, upgrade\r\n",
  "Upgrade: h2c\r\n",
  "Expect: 100-continue\r\n",
  "Expect: other\r\n",
  "X: a\rb\r\n",
  "X: a\nb\r\n",
  "X: a\0\r\n",
  ": empty\r\n",
  "no colon\r\n",
  " folded\r\n",
  "X-Any: 1\r\n",
];

const fragments = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "0\r\n\r\n",
  ":",
  ": ",
  " ",
  "\t",
  "\0",
  ",",
  ";",
  "=",
  '"',
  "chunked",
];
const starts = [
  "GET / HTTP/1.1\r\n",
  "GET /x HTTP/1.0\r\n",
  "POST http://b/ HTTP/1.1\r\n",
  "FOO / HTTP/1.1\r\n",
  "GET / HTTP/1.2\r\n",
];
const heavyBytes = '\r\n\0: \t\x0b\x7f\x80,;="0123456789aAfFxX-_/%.?#';

function pick<T>(random: Random, from: ArrayLike<T>): T {
  return from[Math.floor(random() * from.length)]!;
}

function splice(text: string, at: number, remove: number, insert: string): string {
  return text.slice(0, at) + insert + text.slice(at + remove);
}

/** A byte to insert: mostly one that parsers trip over. */
function anyByte(random: Random): string {
  return random() < 0.8 ? pick(random, heavyBytes) : String.fromCharCode(Math.floor(random() * 256));
}

/** Where lines begin. */
function lineStarts(text: string): number[] {
  const found = [0];
  for (let at = text.indexOf("\r\n"); at !== -1; at = text.indexOf("\r\n", at + 2)) found.push(at + 2);
  return found;
}

type Mutator = (text: string, random: Random) => string;

const mutators: readonly Mutator[] = [
  function deleteByte(text, random) {
    return splice(text, Math.floor(random() * text.length), 1, "");
  },
  function insertByte(text, random) {
    return splice(text, Math.floor(random() * (text.length + 1)), 0, anyByte(random));
  },
  function replaceByte(text, random) {
    return splice(text, Math.floor(random() * text.length), 1, anyByte(random));
  },
  function insertFragment(text, random) {
    return splice(text, Math.floor(random() * (text.length + 1)), 0, pick(random, fragments));
  },
  function insertField(text, random) {
    return splice(text, pick(random, lineStarts(text)), 0, pick(random, fieldLines));
  },
  function deleteLine(text, random) {
    const from = pick(random, lineStarts(text));
    const end = text.indexOf("\r\n", from);
    return end === -1 ? text : splice(text, from, end + 2 - from, "");
  },
  function repeatLine(text, random) {
    const from = pick(random, lineStarts(text));
    const end = text.indexOf("\r\n", from);
    return end === -1 ? text : splice(text, from, 0, text.slice(from, end + 2));
  },
  function replaceStart(text, random) {
    const end = text.indexOf("\r\n");
    return end === -1 ? text : splice(text, 0, end + 2, pick(random, starts));
  },
  function spoilLineEnd(text, random) {
    const at = pick(random, lineStarts(text));
    return at < 2
      ? text
      : splice(text, at - 2, 2, pick(random, ["\n", "\r", "\n\r", "\r\r\n", "\r\n\n", " \r\n", "\r\n "]));
  },
  function shiftNumber(text, random) {
    const numbers = [...text.matchAll(/[0-9a-fA-F]+(?=[\r;])/g)];
    if (numbers.length === 0) return text;
    const found = pick(random, numbers);
    const value = Math.max(0, Number.parseInt(found[0], 16) + pick(random, [-1, 1, 2, -2, 16]));
    return splice(text, found.index, found[0].length, value.toString(pick(random, [10, 16])));
  },
  function swapCase(text, random) {
    const at = Math.floor(random() * text.length);
    const char = text.charAt(at);
    return splice(text, at, 1, char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase());
  },
  function cutEnd(text, random) {
    return text.slice(0, Math.floor(random() * text.length));
  },
  function join(text, random) {
    return text + pick(random, heads);
  },
];

/** One input: one to three messages with up to four mutations. Bytes as latin1. */
export function mutate(random: Random, seeds: readonly string[] = heads): string {
  let text = pick(random, seeds);
  for (let more = Math.floor(random() * 3); more > 0; more--) text += pick(random, seeds);
  for (let count = Math.floor(random() * 5); count > 0; count--) text = pick(random, mutators)(text, random);
  return text;
}
