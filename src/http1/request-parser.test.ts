import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byteByByte, pieces, readRequests } from "../../test/conformance/transcript.ts";
import { RequestParser } from "./http1.ts";

const limits = { headBytesMax: 16_384, fieldsMax: 100, targetBytesMax: 8192 };

function read(text: string) {
  return readRequests([Buffer.from(text, "latin1")]);
}

function parse(text: string): RequestParser {
  const parser = new RequestParser(limits);
  const buffer = Buffer.from(text, "latin1");
  parser.push(buffer, 0, buffer.length);
  return parser;
}

const get = (fields: string, target = "/") => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (fields: string, body = "") => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;

describe("a request head", () => {
  it("tells what the proxy needs", () => {
    const head = parse(
      "POST /a/b?x=1&y HTTP/1.1\r\nHost: Shop.Example.com:8080\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n" +
        "x-tag:  one \t\r\nX-Tag: two\r\n\r\n",
    );
    assert.equal(head.state, "complete");
    assert.deepEqual(
      [head.method, head.path, head.query, head.host, head.authority, head.minor],
      ["POST", "/a/b", "?x=1&y", "shop.example.com", "shop.example.com:8080", 1],
    );
    assert.deepEqual([head.framing, head.contentLength, head.keepAlive], ["length", 5, true]);
    assert.equal(head.expectContinue, true);
    assert.equal(head.header("x-tag"), "one");
    assert.deepEqual(head.headers("x-tag"), ["one", "two"]);
    assert.equal(head.header("absent"), undefined);
    assert.equal(head.fieldName(3), "x-tag");
  });

  it("takes names of object properties for data", () => {
    const head = parse(get("__proto__: a\r\nconstructor: b\r\n"));
    assert.equal(head.header("__proto__"), "a");
    assert.equal(head.header("constructor"), "b");
    assert.equal(head.header("tostring"), undefined);
  });

  it("is used again without a trace of the one before", () => {
    const parser = new RequestParser(limits);
    const first = Buffer.from(
      get("Connection: close, x-a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "/a%2fb?c"),
    );
    const second = Buffer.from("GET /z HTTP/1.0\r\nHost: b\r\n\r\n");
    parser.push(first, 0, first.length);
    assert.equal(parser.encodedSlash, true);
    parser.next();
    parser.push(second, 0, second.length);
    assert.deepEqual(
      [parser.path, parser.query, parser.host, parser.framing, parser.contentLength, parser.expectContinue],
      ["/z", "", "b", "none", 0, false],
    );
    assert.deepEqual(
      [parser.encodedSlash, parser.keepAlive, parser.minor, parser.fieldCount],
      [false, false, 0, 1],
    );
  });

  it("keeps alive by version and Connection", () => {
    assert.equal(parse(get("")).keepAlive, true);
    assert.equal(parse(get("Connection: Close\r\n")).keepAlive, false);
    assert.equal(parse(get("Connection: keep-alive, close\r\n")).keepAlive, false);
    assert.equal(parse("GET / HTTP/1.0\r\nHost: a\r\n\r\n").keepAlive, false);
    assert.equal(parse("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n").keepAlive, true);
  });

  it("knows every target form", () => {
    const absolute = parse("GET HTTP://A.b:80/x?y HTTP/1.1\r\nHost: a.B:80\r\n\r\n");
    assert.deepEqual([absolute.state, absolute.path, absolute.query], ["complete", "/x", "?y"]);
    assert.equal(parse("GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n").path, "/");
    assert.equal(parse("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").path, "*");
    assert.equal(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path, "*");
    assert.equal(parse("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n").failure?.problem, "badHost");
    assert.equal(parse("GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n").failure?.problem, "badHost");
    assert.equal(parse("GET http://ab/ HTTP/1.1\r\nHost: a\r\n\r\n").failure?.problem, "badHost");
    assert.equal(parse("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n").failure?.problem, "badHost");
    assert.equal(parse("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n").failure?.problem, "badRequest");
    assert.equal(parse("GET * HTTP/1.1\r\nHost: a\r\n\r\n").failure?.problem, "badRequest");
    assert.equal(parse("GET a HTTP/1.1\r\nHost: a\r\n\r\n").failure?.problem, "badRequest");
  });

  it("names an upgrade only where one may follow", () => {
    const asking = "Connection: Upgrade\r\nUpgrade: WebSocket\r\n";
    assert.equal(parse(get(asking)).upgrade, "websocket");
    assert.equal(parse(get("Upgrade: websocket\r\n")).upgrade, "");
    assert.equal(
      parse(get("Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\n")).upgrade,
      "",
    );
    assert.equal(parse(get("Connection: upgrade\r\nUpgrade: h2c, websocket\r\n")).upgrade, "");
    assert.equal(parse(get(`${asking}Upgrade: other\r\n`)).upgrade, "");
    assert.equal(parse(get(`${asking}Content-Length: 1\r\n`)).upgrade, "");
    assert.equal(parse(post(asking)).upgrade, "");
    assert.equal(
      parse("GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").upgrade,
      "",
    );
  });

  it("lets Connection take away only what is for one hop", () => {
    for (const name of [
      "Host",
      "Content-Length",
      "transfer-encoding",
      "X-Forwarded-For",
      "X_Forwarded-Host",
      "Via",
    ]) {
      assert.equal(parse(get(`Connection: close, ${name}\r\n`)).failure?.problem, "badRequest", name);
    }
    assert.equal(parse(get("Connection: x-any, te\r\nX-Any: 1\r\n")).state, "complete");
    assert.equal(parse(get("Connection: a b\r\n")).failure?.problem, "badRequest");
    const many = Array.from({ length: 40 }, (_, index) => `x-${index}`).join(",");
    assert.equal(parse(get(`Connection: ${many}\r\n`)).failure?.problem, "badRequest");
  });
});

describe("what is ambiguous is refused", () => {
  const cases: [name: string, input: string, problem: string][] = [
    ["two lengths", post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), "badFraming"],
    ["two lengths by case", post("Content-Length: 1\r\ncontent-length: 2\r\n", "a"), "badFraming"],
    ["a list of lengths", post("Content-Length: 1, 1\r\n", "a"), "badFraming"],
    ["an empty length", post("Content-Length:\r\n"), "badFraming"],
    ["a signed length", post("Content-Length: +1\r\n", "a"), "badFraming"],
    ["a negative length", post("Content-Length: -1\r\n", "a"), "badFraming"],
    ["a hexadecimal length", post("Content-Length: 0x1\r\n", "a"), "badFraming"],
    ["a length with a blank", post("Content-Length: 1 1\r\n", "a"), "badFraming"],
    ["a length of 16 digits", post("Content-Length: 1000000000000000\r\n"), "badFraming"],
    ["a length with a leading zero", post("Content-Length: 010\r\n"), "badFraming"],
    [
      "a length and chunked",
      post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      "badFraming",
    ],
    [
      "chunked and a length",
      post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
      "badFraming",
    ],
    ["chunked twice in one field", post("Transfer-Encoding: chunked, chunked\r\n"), "badFraming"],
    [
      "chunked in two fields",
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      "badFraming",
    ],
    ["chunked, then identity", post("Transfer-Encoding: chunked, identity\r\n"), "badFraming"],
    ["an unknown coding", post("Transfer-Encoding: gzip, chunked\r\n"), "codingUnknown"],
    ["only an unknown coding", post("Transfer-Encoding: xchunked\r\n"), "codingUnknown"],
    ["an empty coding", post("Transfer-Encoding:\r\n"), "badFraming"],
    ["a coding in quotes", post('Transfer-Encoding: "chunked"\r\n'), "badFraming"],
    ["a coding with a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n"), "badRequest"],
    [
      "chunked in HTTP/1.0",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "badFraming",
    ],
    ["a tab before the length", post("Content-Length:\t1\r\n", "a"), "badFraming"],
    ["a tab after the coding", post("Transfer-Encoding: chunked\t\r\n"), "badFraming"],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", "badHost"],
    ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "badHost"],
    ["two Hosts", get("host: a\r\n"), "badHost"],
    ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "badHost"],
    ["user information in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "badHost"],
    ["a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "badHost"],
    ["a comma in Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "badHost"],
    ["a port that is none", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", "badHost"],
    ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "methodRefused"],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "methodRefused"],
    ["Max-Forwards in letters", "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n", "badRequest"],
    [
      "two Max-Forwards",
      "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\nMax-Forwards: 1\r\n\r\n",
      "badRequest",
    ],
    ["HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "versionRefused"],
    ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "versionRefused"],
    ["HTTP/0.9", "GET /\r\n", "badRequest"],
    ["a lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n", "badRequest"],
    ["two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequest"],
    ["a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "badRequest"],
    ["a blank at the end of the request line", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "badRequest"],
    ["a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequest"],
    ["two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequest"],
    ["a method of 33 bytes", `${"A".repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`, "badRequest"],
    ["a bare LF in the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "badRequest"],
    ["a bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "badRequest"],
    ["a bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", "badRequest"],
    ["a bare CR in a value", get("X: a\rb\r\n"), "badRequest"],
    ["CR before the end", get("X: a\r\r\n"), "badRequest"],
    ["CR and another byte at the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", "badRequest"],
    ["NUL in a value", get("X: a\0b\r\n"), "badRequest"],
    ["NUL in a name", get("X\0: a\r\n"), "badRequest"],
    ["DEL in a value", get("X: a\x7f\r\n"), "badRequest"],
    ["a blank before the colon", get("Content-Length : 1\r\n"), "badRequest"],
    ["a tab before the colon", get("Transfer-Encoding\t: chunked\r\n"), "badRequest"],
    ["a folded line", get("X: a\r\n b\r\n"), "badRequest"],
    ["a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "badRequest"],
    ["an empty name", get(": a\r\n"), "badRequest"],
    ["a line without a colon", get("X\r\n"), "badRequest"],
    ["obs-text in a name", get("X\xe4: a\r\n"), "badRequest"],
    ["obs-text in the target", get("", "/\xe4"), "badRequest"],
    ["a fragment in the target", get("", "/a#b"), "badRequest"],
    ["another expectation", get("Expect: 200-ok\r\n"), "expectationFailed"],
    ["two expectations", get("Expect: 100-continue\r\nExpect: 100-continue\r\n"), "expectationFailed"],
    ["dot segments", get("", "/a/../b"), "badPath"],
    ["encoded dot segments", get("", "/a/%2E%2e/b"), "badPath"],
    ["half encoded dot segments", get("", "/.%2e"), "badPath"],
    ["dot segments with parameters", get("", "/a/..;x/b"), "badPath"],
    ["single dot segments", get("", "/a/./b"), "badPath"],
    ["a backslash", get("", "/a\\b"), "badPath"],
    ["an encoded NUL", get("", "/a%00"), "badPath"],
    ["a percent sign alone", get("", "/a%2"), "badPath"],
    ["dot segments behind an encoded slash", get("", "/a%2f..%5cb"), "badPath"],
  ];
  for (const [name, input, problem] of cases) {
    it(name, () => {
      const transcript = read(input);
      assert.equal(transcript.failure?.problem, problem);
      assert.equal(transcript.messages.length, 0);
      assert.deepEqual(readRequests(byteByByte(Buffer.from(input, "latin1"))), transcript);
    });
  }

  it("dots that are no segment, and anything in the query, are fine", () => {
    for (const target of ["/a..b", "/...", "/.well-known/x", "/a;..", "/a?../../%00%zz\\", "/a%20b", "//a"]) {
      assert.equal(parse(get("", target)).state, "complete", target);
    }
  });

  it("two equal fields that are lists are fine", () => {
    assert.equal(
      parse(get("Accept: a\r\nAccept: b\r\nConnection: x-a\r\nConnection: x-b\r\n")).state,
      "complete",
    );
  });
});

describe("limits", () => {
  it("a head of exactly the limit is taken, one byte more is not", () => {
    const around = get("X: \r\n").length;
    const full = Buffer.from(get(`X: ${"a".repeat(limits.headBytesMax - around)}\r\n`));
    assert.equal(full.length, limits.headBytesMax);
    assert.equal(readRequests([full]).messages.length, 1);
    assert.equal(readRequests(byteByByte(full)).messages.length, 1);
    const over = Buffer.from(get(`X: ${"a".repeat(limits.headBytesMax - around + 1)}\r\n`));
    assert.equal(readRequests([over]).failure?.problem, "headTooLarge");
    assert.equal(readRequests(byteByByte(over)).failure?.problem, "headTooLarge");
  });

  it("counts fields", () => {
    const fields = (count: number) => get("X: a\r\n".repeat(count - 1));
    assert.equal(read(fields(100)).messages.length, 1);
    assert.equal(read(fields(101)).failure?.problem, "headTooLarge");
  });

  it("limits the target", () => {
    assert.equal(parse(get("", `/${"a".repeat(8191)}`)).state, "complete");
    assert.equal(parse(get("", `/${"a".repeat(8192)}`)).failure?.problem, "targetTooLong");
    assert.equal(parse(`GET /${"a".repeat(20_000)}`).failure?.problem, "targetTooLong");
  });

  it("many fields of one kind never count as one", () => {
    const parser = new RequestParser({ ...limits, fieldsMax: 1000 });
    const head = Buffer.from(post("Content-Length: 1\r\n".repeat(257)));
    parser.push(head, 0, head.length);
    assert.equal(parser.failure?.problem, "badFraming");
  });
});

describe("pieces", () => {
  const input = Buffer.from(
    "\r\n" +
      post(
        "Transfer-Encoding: chunked\r\nX-A:  b \r\n",
        '5;a="b;\\"c"\r\nhello\r\n00\r\nX-Sum: 1\r\nCookie: evil\r\n\r\n',
      ) +
      post("Content-Length: 3\r\n", "abc") +
      get("Connection: upgrade\r\nUpgrade: websocket\r\n", "http://a/x") +
      "tunnelled",
    "latin1",
  );
  const whole = readRequests([input]);

  it("the whole input is three messages and a tunnel", () => {
    assert.equal(whole.failure, undefined);
    assert.deepEqual(
      whole.messages.map((message) => [message.body, message.trailers]),
      [
        ["hello", "X-Sum: 1\r\n"],
        ["abc", ""],
        ["", ""],
      ],
    );
    assert.equal(whole.leftover, "tunnelled".length);
  });

  it("byte by byte it is the same", () => {
    assert.deepEqual(readRequests(byteByByte(input)), whole);
  });

  it("at every single cut it is the same", () => {
    for (let cut = 1; cut < input.length; cut++) assert.deepEqual(readRequests(pieces(input, [cut])), whole);
  });

  it("an unfinished head is kept, whatever the caller does with its buffer", () => {
    const parser = new RequestParser(limits);
    const half = Buffer.from("GET /a HTTP/1.1\r\nHo");
    parser.push(half, 0, half.length);
    assert.equal(parser.started, true);
    half.fill(0);
    const rest = Buffer.from("..st: b\r\n\r\n");
    assert.equal(parser.push(rest, 2, rest.length), rest.length);
    assert.deepEqual([parser.state, parser.host, parser.started], ["complete", "b", false]);
  });
});
