import assert from "node:assert/strict";
import { test } from "node:test";
import { endFlag, frameKind, type FrameWriter } from "../../link/link.ts";
import { headLimitsMax } from "../../protocol/head-limits.ts";
import type { LinkDialer } from "./testing-dialer.ts";
import { head, linked, Log } from "./testing-service.ts";

const { headBytesMax, fieldsMax } = headLimitsMax;

const badHeads: [name: string, text: string][] = [
  ["no method", " / HTTP/1.1\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\nAccept: a\r\n\r\n"],
  ["two lengths", head("POST /", "Content-Length: 1", "Content-Length: 1")],
  ["a length and chunks", head("POST /", "Content-Length: 1", "Transfer-Encoding: chunked")],
  ["a bare LF", "GET / HTTP/1.1\nHost: a\n\n"],
  ["a NUL", head("GET /", "X: \0")],
  ["bytes after it", `${head("GET /")}GET / HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["no end", "GET / HTTP/1.1\r\nHost: a\r\n"],
  ["more bytes than any gateway passes on", head("GET /", `X: ${"x".repeat(headBytesMax + 65_536)}`)],
  ["more fields", head("GET /", ...Array.from({ length: fieldsMax + 60 }, (_, n) => `X-${n}: 1`))],
];
for (const [name, text] of badHeads) {
  test(`a head with ${name} is refused for itself alone`, async (t) => {
    const seen: string[] = [];
    const { dialer } = await linked(t, (request, response) => {
      seen.push(request.url ?? "");
      response.end("x");
    });
    const bad = dialer.request(text);
    assert.match(await bad.whole(), /^HTTP\/1.1 400 /);
    assert.equal(bad.ended, true);
    assert.match(await dialer.get("/good").whole(), /200 OK/);
    assert.deepEqual(seen, ["/good"]);
  });
}

const length5 = head("POST /", "Content-Length: 5");
const hostile: [name: string, say: (frames: FrameWriter, dialer: LinkDialer) => void][] = [
  ["a body for a stream that was never opened", (frames) => frames.text(frameKind.body, 9, 0, "x")],
  ["a body for no stream", (frames) => frames.text(frameKind.body, 0, 0, "x")],
  ["a stream out of order", (frames) => frames.text(frameKind.request, 5, endFlag, head("GET /"))],
  ["a stream with the number 0", (frames) => frames.text(frameKind.request, 0, endFlag, head("GET /"))],
  ["a credit of a wrong length", (frames) => frames.text(frameKind.credit, 1, 0, "123")],
  ["a credit of nothing", (frames) => frames.credit(1, 0)],
  ["more credit than anyone may give", (frames) => frames.credit(1, 0xffff_ffff)],
  ["an answer", (frames) => frames.text(frameKind.answer, 1, 0, "x")],
  ["a refusal", (frames) => frames.empty(frameKind.refused, 1, 0)],
  ["a drain", (frames) => frames.empty(frameKind.drain, 0, 0)],
  ["a hello", (frames) => frames.text(frameKind.hello, 0, 0, "{}")],
  ["a proof", (frames) => frames.text(frameKind.proof, 0, 0, "{}")],
  [
    "more body than the length tells",
    (frames) => {
      frames.text(frameKind.request, 2, 0, length5);
      frames.text(frameKind.body, 2, endFlag, "123456");
    },
  ],
  [
    "less body than the length tells",
    (frames) => {
      frames.text(frameKind.request, 2, 0, length5);
      frames.text(frameKind.body, 2, endFlag, "1234");
    },
  ],
  [
    "an end before the body that the head tells",
    (frames) => frames.text(frameKind.request, 2, endFlag, length5),
  ],
  [
    "a body where there is none",
    (frames) => {
      frames.text(frameKind.request, 2, 0, head("GET /wait"));
      frames.text(frameKind.body, 2, endFlag, "x");
    },
  ],
  [
    "trailers after a body of a told length",
    (frames) => {
      frames.text(frameKind.request, 2, 0, length5);
      frames.text(frameKind.trailers, 2, endFlag, "X: 1\r\n");
    },
  ],
  [
    "trailers that are none",
    (frames) => {
      frames.text(frameKind.request, 2, 0, head("POST /wait", "Transfer-Encoding: chunked"));
      frames.text(frameKind.trailers, 2, endFlag, "no field\r\n");
    },
  ],
  [
    "trailers that would change the framing",
    (frames) => {
      frames.text(frameKind.request, 2, 0, head("POST /wait", "Transfer-Encoding: chunked"));
      frames.text(frameKind.trailers, 2, endFlag, "Content-Length: 1\r\n");
    },
  ],
  [
    "more than its credit",
    (frames) => {
      frames.text(frameKind.request, 2, 0, head("POST /wait", "Content-Length: 999999999"));
      for (let n = 0; n < 40; n += 1) frames.text(frameKind.body, 2, 0, "x".repeat(16_000));
    },
  ],
  [
    "a frame that is too long",
    (frames, dialer) => {
      frames.empty(frameKind.ping, 0, 0);
      dialer.socket.write(Buffer.from([0xff, 0xff, frameKind.body, 0, 0, 0, 0, 1]));
    },
  ],
];
for (const [name, say] of hostile) {
  test(`what breaks the rules ends the link, and nothing else: ${name}`, async (t) => {
    const log = new Log();
    const { dialer, another } = await linked(t, (request, response) => {
      if (request.url !== "/wait") return response.end("x");
      log.add("begun");
      response.on("close", () => log.add("closed"));
    });
    const other = await another();
    const waits = dialer.get("/wait");
    await log.until("begun");
    dialer.write((frames) => say(frames, dialer));
    await waits.until(() => false);
    await log.until("closed");
    assert.deepEqual([dialer.closed, waits.ended, other.closed], [true, false, false]);
    assert.match(await other.get("/").whole(), /200 OK/);
  });
}
