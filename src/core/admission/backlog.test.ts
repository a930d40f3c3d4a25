import assert from "node:assert/strict";
import { test } from "node:test";
import { type Backlog, behind, type Behind, forgetBacklog, markBacklog, newBacklog } from "./backlog.ts";

const lateMs = 48;

interface Run {
  backlog: Backlog;
  /** What was said first, and when. */
  said: Behind | undefined;
  at: number;
}

/** From 0 on `pending(now)` are on the worker, and one is answered each `everyMs`. */
function run(pending: (now: number) => number, everyMs: number, forMs = 200): Run {
  const backlog = newBacklog();
  for (let now = 0; now <= forMs; now += 1) {
    markBacklog(backlog, pending(now), lateMs, now);
    const isAnswer = now > 0 && Math.floor(now / everyMs) > Math.floor((now - 1) / everyMs);
    const said = isAnswer ? behind(backlog, 0, lateMs, now) : undefined;
    if (said !== undefined) return { backlog, said, at: now };
  }
  return { backlog, said: undefined, at: forMs };
}

test("what is there is answered before it is late: no backlog", () => {
  assert.equal(run(() => 8, 2.5).said, undefined);
  assert.equal(run(() => 20, 2.5).said, undefined);
});

test("less than three of four are answered by then: it says how long the last one will have been there", () => {
  const { said, at } = run(() => 40, 2);
  assert.equal(at, lateMs);
  assert.deepEqual(said, { takesMs: (lateMs * 40) / 24, pending: 40, answers: 24, lastedMs: lateMs });
});

test("where they come slowly, more are waited for: the pace must be known", () => {
  assert.deepEqual(run(() => 40, 5).said, {
    takesMs: (50 * 40) / 10,
    pending: 40,
    answers: 10,
    lastedMs: 50,
  });
});

test("but not for ever", () => {
  assert.deepEqual(run(() => 40, 10).said, { takesMs: (80 * 40) / 8, pending: 40, answers: 8, lastedMs: 80 });
});

test("three answers are chance", () => {
  const { said, at } = run(() => 10, 20);
  assert.equal(at, 80);
  assert.equal(said?.answers, 4);
  assert.equal(run(() => 4, 20).said, undefined);
});

test("a queue that grows shows at the first moment from which on it does, not a whole late time later", () => {
  // Four at once, 20 ms each, three times as many come: of those that are there after 36 ms three quarters are not answered in time.
  const { said, at } = run((now) => 1 + 0.4 * now, 5);
  assert.equal(at, 36 + 49);
  assert.equal(said?.pending, 1 + 0.4 * 36);
});

test("a worker that stands still has no backlog, nor has it one in what it answers when it goes on", () => {
  const backlog = newBacklog();
  markBacklog(backlog, 40, lateMs, 0);
  for (let at = 0; at < 8; at += 1) assert.equal(behind(backlog, 0, lateMs, 300), undefined);
  assert.equal(backlog.count, 0);
});

test("what is overtaken is no backlog: who came later is answered, and who was there is not", () => {
  const answered = (later: number): Behind | undefined => {
    const backlog = newBacklog();
    markBacklog(backlog, 40, lateMs, 0);
    let said: Behind | undefined;
    for (let at = 1; at <= 12; at += 1) said = behind(backlog, at <= later ? 4 * at - 3 : -1, lateMs, 4 * at);
    return said;
  };
  assert.equal(answered(12), undefined);
  assert.equal(answered(3), undefined);
  assert.equal(answered(2)?.answers, 12);
});

test("while nothing is known of what is late, nothing is", () => {
  const backlog = newBacklog();
  for (let now = 1; now < 1_000; now += 20) {
    markBacklog(backlog, 40, Infinity, now);
    assert.equal(behind(backlog, 0, Infinity, now), undefined);
  }
});

test("no more than four moments are kept, a quarter of a late time from each other", () => {
  const backlog = newBacklog();
  for (let now = 0; now < 2 * lateMs; now += 1) markBacklog(backlog, 100 + now, lateMs, now);
  assert.equal(backlog.count, 4);
  assert.deepEqual(
    backlog.marks.map(({ pending }) => pending),
    [100, 112, 124, 136],
  );
  forgetBacklog(backlog);
  markBacklog(backlog, 7, lateMs, 100);
  assert.equal(backlog.count, 1);
});
