import assert from "node:assert/strict";
import { test } from "node:test";
import { behindMs, markBacklog, newBacklog } from "./backlog.ts";

const lateMs = 50;

/** Marks so many, and has one answered each `everyMs`, for so long. Gives what is said in the end. */
function verdict(pending: number, everyMs: number, forMs = 200): number | undefined {
  const backlog = newBacklog();
  markBacklog(backlog, pending, 0);
  for (let now = everyMs; now <= forMs; now += everyMs) {
    const behind = behindMs(backlog, lateMs, now);
    if (behind !== undefined || !backlog.isMarked) return behind;
  }
  return undefined;
}

test("what is there is answered before it is late: no backlog", () => {
  assert.equal(verdict(8, 2.5), undefined);
  assert.equal(verdict(20, 2.5), undefined);
});

test("less than three of four are answered by then: it says how long the last one will have been there", () => {
  assert.equal(verdict(40, 2.5), 40 * 2.5);
});

test("few answers are waited for", () => {
  assert.equal(verdict(10, 20), 10 * 20);
  assert.equal(verdict(4, 20), undefined);
});

test("a worker that stands still has no backlog, nor has it one in what it answers when it goes on", () => {
  const backlog = newBacklog();
  markBacklog(backlog, 40, 0);
  for (let at = 0; at < 8; at += 1) assert.equal(behindMs(backlog, lateMs, 300), undefined);
  assert.equal(backlog.isMarked, false);
});

test("while nothing is known of what is late, nothing is", () => {
  const backlog = newBacklog();
  markBacklog(backlog, 40, 0);
  for (let now = 1; now < 1_000; now += 20) assert.equal(behindMs(backlog, Infinity, now), undefined);
});

test("a mark stays until it is over", () => {
  const backlog = newBacklog();
  markBacklog(backlog, 40, 0);
  markBacklog(backlog, 90, 10);
  assert.equal(backlog.pending, 40);
});
