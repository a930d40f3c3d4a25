import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyPace } from "./body-pace.ts";

const spanMs = 30_000;

test("a byte now and then is not enough, where a pace is asked for", () => {
  const pace = new BodyPace();
  pace.begin(0);
  for (let now = 1000; now < spanMs; now += 1000) pace.took(1, now);
  assert.equal(pace.tooSlow(spanMs, spanMs, 0), false);
  for (let now = spanMs + 1000; now < 2 * spanMs; now += 1000) pace.took(1, now);
  assert.equal(pace.tooSlow(2 * spanMs, spanMs, 240), true);
});

test("each span is judged by its own bytes", () => {
  const pace = new BodyPace();
  pace.begin(0);
  pace.took(240 * 30, 1000);
  assert.equal(pace.tooSlow(spanMs, spanMs, 240), false);
  pace.took(240 * 30 - 1, 31_000);
  assert.equal(pace.tooSlow(2 * spanMs, spanMs, 240), true);
});

test("nothing at all is too slow at any pace", () => {
  const pace = new BodyPace();
  pace.begin(0);
  assert.equal(pace.tooSlow(spanMs, spanMs, 0), true);
});

test("a client that was held up is not blamed for that span", () => {
  const pace = new BodyPace();
  pace.begin(0);
  pace.wasHeldUp(29_000);
  assert.equal(pace.tooSlow(spanMs, spanMs, 240), false);
  pace.took(1, 31_000);
  assert.equal(pace.tooSlow(2 * spanMs, spanMs, 240), true);
});
