import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { controllersMax, parseControllerFrame } from "./controller-frame.ts";
import { welcomeFrame } from "./testing-network.ts";

test("a welcome comes through whole", () => {
  const frame = welcomeFrame({
    url: "http://127.0.0.1:7001",
    controllers: ["http://127.0.0.1:7001"],
    desired: "drain",
    proof: "1-a",
  });
  assert.deepEqual(parseControllerFrame(JSON.stringify(frame)), frame);
});

test("what is missing or absurd in a welcome is replaced where that is safe, else it is none", () => {
  const parsed = parseControllerFrame(
    JSON.stringify({ ...welcomeFrame({}), heartbeatEveryMs: 0, ttlMs: "x", desired: 7, url: "file:///etc" }),
  );
  assert.deepEqual(parsed, { ...welcomeFrame({}), heartbeatEveryMs: 100, ttlMs: 3000, desired: "serve" });
  for (const key of ["term", "generation", "controller"]) {
    assert.equal(parseControllerFrame(JSON.stringify({ ...welcomeFrame({}), [key]: null })), undefined);
  }
});

test("never more controllers than a cluster may have, whatever one tells", () => {
  const many = Array.from({ length: 1000 }, (_, index) => `http://10.0.0.1:${7000 + index}`);
  const frame = parseControllerFrame(JSON.stringify({ t: "controllers", controllers: many }));
  assert.equal(frame?.t === "controllers" && frame.controllers.length, controllersMax);
});

test("a proof of any length but a sane one is none", () => {
  const parsed = (proof: unknown) => parseControllerFrame(JSON.stringify({ t: "proof", proof }));
  assert.deepEqual(parsed("1-a"), { t: "proof", proof: "1-a" });
  for (const absurd of ["x".repeat(101), 1, null]) {
    assert.equal(parsed(absurd), undefined);
    const welcome = JSON.stringify({ ...welcomeFrame({}), proof: absurd });
    assert.deepEqual(parseControllerFrame(welcome), welcomeFrame({}));
  }
});

test("a refusal goes to a terminal: without control characters and end", () => {
  const detail = `\u001B[31m${"x".repeat(10_000)}\n`;
  const frame = parseControllerFrame(JSON.stringify({ t: "refused", code: "a\rb", detail, final: "yes" }));
  assert.ok(frame?.t === "refused");
  assert.deepEqual(
    [frame.code, frame.final, frame.retryAfterMs, frame.detail.length],
    ["a b", false, 0, 500],
  );
  assert.ok(!/\p{Cc}/u.test(frame.detail));
});

test("no text makes it throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseControllerFrame(text)));
  fc.assert(
    fc.property(
      fc.constantFrom("welcome", "desired", "controllers", "pace", "proof", "ping", "refused"),
      fc.object(),
      (t, rest) => void parseControllerFrame(JSON.stringify({ ...rest, t })),
    ),
  );
});
