import assert from "node:assert/strict";
import { test } from "node:test";
import { strangerAmong } from "./unknown-process.ts";

const running = ["supervisor", "controller-1", "controller-2", "proxy-1", "proxy-2"];

test("one that runs is no stranger", () => {
  assert.equal(strangerAmong("proxy-2", running), undefined);
});

test("who is meant is guessed, and who runs is told", () => {
  const failure = strangerAmong("proxi-2", running);
  assert.match(failure?.message ?? "", /no process "proxi-2" runs.* Did you mean proxy-2\?/);
  assert.match(
    failure?.message ?? "",
    /These run: supervisor, controller-1, controller-2, proxy-1, proxy-2;/,
  );
  assert.doesNotMatch(strangerAmong("nope", running)?.message ?? "", /mean/);
});
