import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerParser, RequestIds, RequestParser } from "../../http1/http1.ts";
import { AnswerWriter } from "./answer-writer.ts";

const limits = { headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 8_192 };
const requestId = new RequestIds("test").next();

function answer(head: string): AnswerParser {
  const parser = new AnswerParser(limits);
  parser.next("GET");
  parser.push(Buffer.from(head), 0, head.length);
  return parser;
}

/** What is written to a client of this minor version. */
function writing(minor: 0 | 1, strictTransport = "") {
  const request = new RequestParser(limits);
  request.minor = minor;
  const written: string[] = [];
  const writer = new AnswerWriter({ httpDate: () => "now" }, request);
  writer.writeTo(
    {
      text: (text) => void written.push(text),
      bytes: (buffer, from, to) => void written.push(buffer.toString("latin1", from, to)),
    },
    strictTransport,
  );
  const head = (text: string, keepAlive = true) => writer.head(answer(text).head, keepAlive, requestId, "");
  return { writer, head, text: () => written.join("") };
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const abc = Buffer.from("-abc-");

test("an answer in chunks is written in chunks, its data cut as it comes", () => {
  const { writer, head, text } = writing(1);
  assert.equal(head(chunked), true);
  writer.data(abc, 1, 4);
  writer.end("X-Sum: 1\r\n");
  assert.match(text(), /Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n$/);
});

test("a client of HTTP/1.0 gets it as it is, to the connection's end", () => {
  const { writer, head, text } = writing(0);
  assert.equal(head(chunked), false);
  writer.data(abc, 1, 4);
  writer.end("");
  assert.match(text(), /Connection: close\r\n\r\nabc$/);
});

test("1xx are passed on, but not to a client of HTTP/1.0, and the answer after them is framed as ever", () => {
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  for (const minor of [0, 1] as const) {
    const { writer, head, text } = writing(minor);
    writer.informational(answer(early).head);
    assert.equal(text(), minor === 1 ? early : "");
    head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
    writer.data(abc, 1, 4);
    writer.end("");
    assert.ok(text().endsWith("\r\n\r\nabc"));
  }
});

test("after a 101 bytes go through as they are, whatever the answer before was", () => {
  const { writer, head, text } = writing(1);
  head(chunked);
  writer.end("");
  const before = text().length;
  const upgraded = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  writer.switchProtocols(answer(upgraded).head, requestId, "");
  writer.data(abc, 1, 4);
  writer.end("");
  assert.match(text().slice(before), /^HTTP\/1\.1 101 [^]*\r\n\r\nabc$/);
});

test("an answer of the gateway's own is whole; over TLS it says for how long TLS is to be used", () => {
  const own = { status: 503, code: "not-ready", fields: [["X-A", "b"]] as const, body: "no" };
  const plain = writing(1);
  plain.writer.own(own, false, false);
  assert.match(plain.text(), /^HTTP\/1\.1 503 [^]*X-A: b\r\n[^]*Connection: close\r\n\r\nno$/);
  assert.doesNotMatch(plain.text(), /Strict/);
  const secure = writing(1, "max-age=1");
  secure.writer.own(own, true, true);
  assert.match(secure.text(), /Strict-Transport-Security: max-age=1\r\n[^]*\r\n\r\n$/);
});
