import assert from "node:assert/strict";
import { test } from "node:test";
import { paceFor } from "../core/registry/lease.ts";
import { Sessions } from "./sessions.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

function entryOf(id: string) {
  const one = new TestRegistry();
  one.heartbeat(id);
  const entry = one.registry.entry("web", id);
  assert.ok(entry);
  return entry;
}

test("a session that replaces another one of the same life is not one more, and only the last can be closed", () => {
  const sessions = new Sessions();
  const entry = entryOf("w1");
  const [first, second] = [new TestEnd(), new TestEnd()];
  sessions.opened(entry, first, "x", true);
  sessions.opened(entry, second, "x", true);
  assert.deepEqual([sessions.open, sessions.closed(entry, first), sessions.open], [1, false, 1]);
  assert.deepEqual([sessions.closed(entry, second), sessions.open, entry.session], [true, 0, undefined]);
});

test("no life has three sessions: the one before the last is ended, unless the worker has ended it", () => {
  const sessions = new Sessions();
  const entry = entryOf("w1");
  const ends = [new TestEnd(), new TestEnd(), new TestEnd(), new TestEnd()] as const;
  for (const end of ends.slice(0, 3)) sessions.opened(entry, end, "x", true);
  assert.deepEqual(
    ends.map(({ heard }) => heard),
    [["close session-replaced"], [], [], []],
  );
  sessions.closed(entry, ends[1]);
  sessions.opened(entry, ends[3], "x", true);
  assert.deepEqual([ends[1].heard, ends[2].heard, sessions.open], [[], [], 1]);
});

test("whoever is ended from here is ended with the session that was replaced", () => {
  const sessions = new Sessions();
  const entry = entryOf("w1");
  const [first, second] = [new TestEnd(), new TestEnd()];
  sessions.opened(entry, first, "x", true);
  sessions.opened(entry, second, "x", true);
  sessions.end(entry, "generation-old", "A newer life has joined.", true);
  assert.deepEqual(
    [first.heard, second.heard],
    [["close generation-old final"], ["close generation-old final"]],
  );
});

test("one that is ended from here tells the worker why, once", () => {
  const sessions = new Sessions();
  const entry = entryOf("w1");
  const end = new TestEnd();
  sessions.opened(entry, end, "x", true);
  sessions.end(entry, "generation-old", "A newer life has joined.", true);
  sessions.end(entry, "generation-old", "A newer life has joined.", true);
  assert.deepEqual([sessions.open, sessions.closed(entry, end)], [0, false]);
  assert.deepEqual(end.heard, ["close generation-old final"]);
});

test("a worker has the lease that it asks for, else that of all; and beats by it", () => {
  const sessions = new Sessions();
  const entry = entryOf("w1");
  const usual = paceFor(1);
  assert.equal(sessions.ttlMsFor({ ...claimant("w1"), ttlMs: 9_000 }), 9_000);
  assert.equal(sessions.ttlMsFor(claimant("w1")), usual.ttlMs);
  sessions.opened(entry, new TestEnd(), "x", false);
  assert.equal(sessions.heartbeatEveryMs(entry), undefined);
  sessions.opened(entry, new TestEnd(), "x", true);
  assert.equal(sessions.heartbeatEveryMs(entry), usual.heartbeatEveryMs);
});
