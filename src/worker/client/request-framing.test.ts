import assert from "node:assert/strict";
import { test } from "node:test";
import type { SkeinError } from "../../protocol/error.ts";
import { BodySource } from "./body-source.ts";
import type { RequestBody } from "./request-body.ts";
import { framed } from "./request-framing.ts";

const none: RequestBody = { kind: "none" };
const bytes: RequestBody = { kind: "bytes", bytes: Buffer.from("12345") };
const stream: RequestBody = { kind: "stream", source: new BodySource((async function* () {})()) };
const passedOn = {
  connection: "close, x-hop",
  expect: "100-continue",
  "http2-settings": "AAMAAABk",
  "keep-alive": "timeout=5",
  "proxy-authorization": "Basic eDp5",
  te: "trailers",
  trailer: "x-sum",
  "transfer-encoding": "gzip, chunked",
  upgrade: "websocket",
  "x-hop": "1",
};

const cases: [string, Record<string, string>, RequestBody, Record<string, string>][] = [
  ["no body", { "x-a": "1" }, none, { "x-a": "1" }],
  ["no body, and the length of another one", { "content-length": "9" }, none, {}],
  ["no body, and the words of another connection", passedOn, none, {}],
  [
    "a word that Connection may not take away",
    { connection: "cookie", cookie: "a=1" },
    none,
    { cookie: "a=1" },
  ],
  ["bytes, and a wrong length", { "content-length": "9" }, bytes, { "content-length": "5" }],
  ["bytes, and the words of another connection", passedOn, bytes, { "content-length": "5" }],
  ["a stream", {}, stream, { "transfer-encoding": "chunked" }],
  ["a stream of a known length", { "content-length": "007" }, stream, { "content-length": "7" }],
  ["a stream, and the words of another connection", passedOn, stream, { "transfer-encoding": "chunked" }],
];

for (const [what, given, body, expected] of cases) {
  test(what, () => assert.deepEqual({ ...framed(given, body) }, expected));
}

test("a length that is none is refused: it could be read in two ways", () => {
  for (const said of ["", "5, 5", "-1", "0x10", "1e3", "+5"]) {
    assert.throws(
      () => framed({ "content-length": said }, stream),
      (error: SkeinError) => error.code === "invalid" && /content-length/.test(error.detail),
    );
  }
});
