import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAnswers } from "../../test/conformance/transcript.ts";
import type { AnswerForwarding } from "./http1.ts";
import {
  AnswerParser,
  answerFraming,
  continueAnswer,
  plainRequestId,
  writeAnswerHead,
  writeOwnAnswer,
} from "./http1.ts";

function forward(text: string, changes: Partial<AnswerForwarding> = {}, method = "GET"): string[] {
  const parser = new AnswerParser({ headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 0 });
  parser.next(method);
  const buffer = Buffer.from(text, "latin1");
  parser.push(buffer, 0, buffer.length);
  assert.equal(parser.failure, undefined);
  const clientMinor = changes.clientMinor ?? 1;
  const framing = answerFraming(parser.head, clientMinor);
  const forwarding = {
    clientMinor,
    framing,
    keepAlive: true,
    requestId: undefined,
    date: undefined,
    ...changes,
  };
  const written = writeAnswerHead(parser.head, forwarding);
  assert.ok(written.endsWith("\r\n\r\n"));
  return written.split("\r\n").slice(0, -2);
}

const ok = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n`;

describe("the answer head for the client", () => {
  it("has the fields as they came, but those for one hop", () => {
    const fields =
      "Content-Length: 5\r\nSet-Cookie: a\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n" +
      "Upgrade: h2\r\nProxy-Authenticate: a\r\nTrailer: X-Sum\r\nSet-Cookie: b\r\n";
    assert.deepEqual(forward(ok(fields)), [
      "HTTP/1.1 200 OK",
      "Content-Length: 5",
      "Set-Cookie: a",
      "Set-Cookie: b",
      "Via: 1.1 skein",
    ]);
  });

  it("has chunks for a body of unknown length, or ends with the connection for HTTP/1.0", () => {
    for (const input of [ok(""), ok("Transfer-Encoding: chunked\r\n")]) {
      assert.deepEqual(forward(input), ["HTTP/1.1 200 OK", "Via: 1.1 skein", "Transfer-Encoding: chunked"]);
      assert.deepEqual(forward(input, { clientMinor: 0 }), [
        "HTTP/1.1 200 OK",
        "Via: 1.1 skein",
        "Connection: close",
      ]);
    }
    assert.ok(forward(ok("Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n")).includes("Trailer: X-Sum"));
    assert.ok(!forward(ok("Trailer: X-Sum\r\n")).includes("Trailer: X-Sum"));
  });

  it("says what becomes of the connection", () => {
    assert.ok(forward(ok("Content-Length: 1\r\n"), { keepAlive: false }).includes("Connection: close"));
    assert.ok(forward(ok("Content-Length: 1\r\n"), { clientMinor: 0 }).includes("Connection: keep-alive"));
  });

  it("keeps a length that tells about a body which does not come, and no other", () => {
    assert.ok(forward(ok("Content-Length: 5\r\n"), {}, "HEAD").includes("Content-Length: 5"));
    assert.ok(forward("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n").includes("Content-Length: 5"));
    assert.ok(!forward("HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n").includes("Content-Length: 0"));
    assert.deepEqual(forward(ok("Transfer-Encoding: chunked\r\n"), {}, "HEAD"), [
      "HTTP/1.1 200 OK",
      "Via: 1.1 skein",
    ]);
  });

  it("is nothing but itself for 1xx", () => {
    assert.deepEqual(forward("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 3\r\n\r\n"), [
      "HTTP/1.1 103 Early Hints",
      "Link: </a>",
    ]);
    assert.deepEqual(forward("HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nX: 1\r\n\r\n"), [
      "HTTP/1.1 101 S",
      "X: 1",
      "Connection: Upgrade",
      "Upgrade: websocket",
    ]);
  });

  it("adds request id and date where the worker gave none", () => {
    const ours = { requestId: plainRequestId("id"), date: "Mon, 23 Nov 2026 15:00:00 GMT" };
    assert.deepEqual(forward(ok("Content-Length: 0\r\n"), ours).slice(-2), [
      "X-Request-Id: id",
      "Date: Mon, 23 Nov 2026 15:00:00 GMT",
    ]);
    const theirs = forward(ok("Content-Length: 0\r\nDate: x\r\nX-Request-Id: y\r\n"), ours);
    assert.equal(theirs.filter((line) => /^(date|x-request-id):/i.test(line)).length, 2);
    assert.throws(() => forward(ok("Content-Length: 0\r\n"), { date: "a\nb" }));
  });

  it("writes odd status lines in the usual form", () => {
    assert.equal(forward("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")[0], "HTTP/1.1 404 Not Found");
    assert.equal(forward("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")[0], "HTTP/1.1 200 ");
  });
});

describe("an answer of the gateway itself", () => {
  const answer = {
    status: 503,
    fields: [["Retry-After", "1"]] as const,
    body: "ä",
    keepAlive: true,
    headOnly: false,
  };

  it("parses as what was meant", () => {
    const read = readAnswers([Buffer.from(writeOwnAnswer(answer), "latin1")], ["GET"]);
    assert.equal(read.failure, undefined);
    assert.deepEqual([read.messages[0]?.status, read.rest, read.leftover], [503, "nothing", 0]);
    assert.equal(Buffer.from(read.messages[0]?.body ?? "", "latin1").toString("utf8"), "ä");
  });

  it("has the length but not the body for HEAD", () => {
    const text = writeOwnAnswer({ ...answer, headOnly: true, keepAlive: false });
    assert.ok(text.includes("Content-Length: 2\r\nConnection: close\r\n\r\n"));
    assert.ok(text.endsWith("\r\n\r\n"));
  });

  it("cannot be made to say more than one thing", () => {
    assert.throws(() => writeOwnAnswer({ ...answer, fields: [["X", "a\r\nY: b"]] }));
    assert.throws(() => writeOwnAnswer({ ...answer, fields: [["X:", "a"]] }));
    assert.equal(readAnswers([Buffer.from(continueAnswer)], ["GET"]).messages[0]?.status, 100);
  });
});
