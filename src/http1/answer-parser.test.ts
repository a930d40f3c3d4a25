import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byteByByte, pieces, readAnswers } from "../../test/conformance/transcript.ts";
import { AnswerParser, answerFraming } from "./http1.ts";

const limits = { headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 0 };

function parse(text: string, method = "GET"): AnswerParser {
  const parser = new AnswerParser(limits);
  parser.next(method);
  const buffer = Buffer.from(text, "latin1");
  parser.push(buffer, 0, buffer.length);
  return parser;
}

const ok = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n`;

describe("an answer head", () => {
  it("tells status, reason and how long the body is", () => {
    const head = parse("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\n");
    assert.deepEqual(
      [head.state, head.status, head.reason, head.framing, head.contentLength, head.keepAlive],
      ["complete", 404, "Not Found", "length", 12, true],
    );
  });

  it("may have no reason, with or without the blank", () => {
    assert.deepEqual(
      [parse("HTTP/1.1 200 \r\n\r\n").state, parse("HTTP/1.1 200 \r\n\r\n").reason],
      ["complete", ""],
    );
    assert.deepEqual(
      [parse("HTTP/1.1 200\r\n\r\n").state, parse("HTTP/1.1 200\r\n\r\n").reason],
      ["complete", ""],
    );
  });

  it("has no body where status or method say so, whatever the fields say", () => {
    for (const status of [100, 101, 103, 204, 304]) {
      const head = parse(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`);
      assert.deepEqual([head.framing, head.contentLength], ["none", 0], String(status));
    }
    assert.equal(parse(ok("Transfer-Encoding: chunked\r\n"), "HEAD").framing, "none");
    assert.equal(parse(ok("Content-Length: 5\r\n"), "HEAD").keepAlive, true);
  });

  it("goes to the end of the connection when nothing says how long it is", () => {
    const head = parse(ok("Connection: keep-alive\r\n"));
    assert.deepEqual([head.framing, head.keepAlive], ["close", false]);
    assert.equal(answerFraming(head, 1), "chunked");
    assert.equal(answerFraming(head, 0), "close");
  });

  it("keeps alive by version and Connection", () => {
    assert.equal(parse(ok("Content-Length: 0\r\nConnection: close\r\n")).keepAlive, false);
    assert.equal(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keepAlive, false);
    assert.equal(
      parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").keepAlive,
      true,
    );
  });

  it("reads the keep-alive hint", () => {
    const hint = (value: string) =>
      parse(ok(`Content-Length: 0\r\nKeep-Alive: ${value}\r\n`)).keepAliveTimeoutMs;
    assert.deepEqual(
      ["timeout=5", "max=9, Timeout=72", "timeout=x", "timeout=99999999"].map(hint),
      [5000, 72_000, 0, 3_600_000],
    );
  });

  it("names the protocol of a 101", () => {
    assert.equal(
      parse("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n").upgrade,
      "websocket",
    );
    assert.equal(parse("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n").upgrade, "");
    assert.equal(parse(ok("Connection: upgrade\r\nUpgrade: websocket\r\n")).upgrade, "");
  });
});

describe("an answer that is not valid is refused", () => {
  const cases: [name: string, input: string][] = [
    ["two lengths", ok("Content-Length: 1\r\nContent-Length: 1\r\n")],
    ["a list of lengths", ok("Content-Length: 1, 1\r\n")],
    ["an empty length", ok("Content-Length: \r\n")],
    ["a length and chunked", ok("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")],
    ["an unknown coding", ok("Transfer-Encoding: gzip, chunked\r\n")],
    ["chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["a wrong length where there is no body", "HTTP/1.1 204 X\r\nContent-Length: x\r\n\r\n"],
    ["an empty line before", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
    ["another protocol", "ICY 200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
    ["NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"],
    ["a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
    ["a bare CR", "HTTP/1.1 200 OK\rX: a\r\n\r\n"],
    ["a folded line", ok("X: a\r\n b\r\n")],
    ["a blank before the colon", ok("Content-Length : 1\r\n")],
    ["Connection: close before the final answer", "HTTP/1.1 103 X\r\nConnection: close\r\n\r\n"],
    ["100 in HTTP/1.0", "HTTP/1.0 100 Continue\r\n\r\n"],
    ["201 fields", ok("X: a\r\n".repeat(201))],
    ["a head that is too large", ok(`X: ${"a".repeat(65_536)}\r\n`)],
    ["Connection naming the length", ok("Content-Length: 1\r\nConnection: content-length\r\n")],
  ];
  for (const [name, input] of cases) {
    it(name, () => assert.equal(parse(input).failure?.problem, "badAnswer"));
  }
});

describe("a connection full of answers", () => {
  const input = Buffer.from(
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
      ok("Transfer-Encoding: chunked\r\n") +
      "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n" +
      ok("Content-Length: 7\r\n") +
      ok("Content-Length: 2\r\n") +
      "hi" +
      ok("X: to the end\r\n") +
      "rest",
  );
  const methods = ["GET", "HEAD", "POST", "GET"];
  const whole = readAnswers([input], methods);

  it("is read in order", () => {
    assert.deepEqual(
      whole.messages.map((message) => [message.status, message.framing, message.body]),
      [
        [103, "none", ""],
        [200, "chunked", "abc0123456789"],
        [200, "none", ""],
        [200, "length", "hi"],
        [200, "close", "rest"],
      ],
    );
  });

  it("is the same in any pieces", () => {
    assert.deepEqual(readAnswers(byteByByte(input), methods), whole);
    for (let cut = 1; cut < input.length; cut++)
      assert.deepEqual(readAnswers(pieces(input, [cut]), methods), whole);
  });

  it("is told from a cut one", () => {
    assert.equal(readAnswers([Buffer.from(`${ok("Content-Length: 3\r\n")}ab`)], ["GET"]).rest, "body");
    assert.equal(
      readAnswers([Buffer.from(`${ok("Transfer-Encoding: chunked\r\n")}1\r\na\r\n`)], ["GET"]).rest,
      "body",
    );
    assert.equal(readAnswers([Buffer.from("HTTP/1.1 200")], ["GET"]).rest, "head");
  });
});
