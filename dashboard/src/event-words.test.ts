import assert from "node:assert/strict";
import { test } from "node:test";
import { noneAmong } from "./event-words.ts";

const event = (id: number) => ({
  id,
  at: "2026-01-01T00:00:00Z",
  term: 1,
  kind: "worker-dead" as const,
  message: "",
});

test("that nothing happened is said only where the first event is known", () => {
  assert.equal(noneAmong([], 0), "Nothing has happened yet.");
  assert.equal(noneAmong([event(2), event(1)], 2), "Nothing has happened yet.");
  assert.match(noneAmong([], 7), /^Nobody has told yet what happened/);
  assert.match(
    noneAmong([event(802), event(801)], 802),
    /^Nothing of it is among the last 2 events, since 2026/,
  );
});
