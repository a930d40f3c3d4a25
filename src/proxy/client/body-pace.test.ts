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

test("a record of TLS that takes longer than a span is no silence, and each of its bytes counts once", () => {
  const pace = new BodyPace();
  const record = 16_406;
  const bytesPerSecond = 300;
  pace.begin(0, 700);
  let wholeAt = (record / bytesPerSecond) * 1000;
  for (let now = spanMs; now < 20 * spanMs; now += spanMs) {
    for (; wholeAt <= now; wholeAt += (record / bytesPerSecond) * 1000)
      pace.took(16_384, wholeAt, 700 + (wholeAt / 1000) * bytesPerSecond);
    assert.equal(pace.tooSlow(now, spanMs, 240, 700 + (now / 1000) * bytesPerSecond), false);
  }
  const slow = new BodyPace();
  slow.begin(0, 700);
  assert.equal(slow.tooSlow(spanMs, spanMs, 240, 700 + 240 * 30 - 1), true);
});

test("what comes over TLS and never becomes content counts no longer than a record may take", () => {
  const pace = new BodyPace();
  pace.begin(0);
  const spans = [1, 2, 3, 4].map((n) => pace.tooSlow(n * spanMs, spanMs, 240, n * 30 * 240));
  assert.deepEqual(spans, [false, false, true, true]);
  // Nor does a byte of content now and then begin that anew.
  pace.begin(0);
  for (let n = 1; n < 10; n += 1) {
    pace.took(1, n * spanMs - 1000, n * 30 * 240 - 240);
    const tooSlow = pace.tooSlow(n * spanMs, spanMs, 240, n * 30 * 240);
    assert.equal(tooSlow, true);
  }
});
