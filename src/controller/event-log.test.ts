import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import type { StoreChange } from "../store/store.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { EventLog, nobodySince } from "./event-log.ts";

function leading() {
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const written: { at: number; events: number }[] = [];
  const stored: ClusterEvent[] = [];
  /** `answers`: else a write is done, and nobody is told so. */
  const by = { leads: true, writes: true, answers: true, reads: true, stale: false, lastId: 0, stored };
  const messages: string[] = [];
  const or = <Value>(works: boolean, value: Value): Promise<Value> =>
    works ? Promise.resolve(value) : Promise.reject(new Error("the disk is full"));
  const failures: string[] = [];
  const log = new EventLog({
    store: {
      write: async (_lease, changes: readonly StoreChange[]) => {
        await or(by.writes, undefined);
        if (by.stale) return "stale-term" as const;
        written.push({ at: clock.now(), events: changes.length });
        for (const change of changes) {
          if (change.kind !== "event") continue;
          messages.push(change.event.message);
          by.stored.push({ ...change.event, id: (by.stored.at(-1)?.id ?? 0) + 1, term: 1 });
        }
        if (!by.answers) throw new SkeinError("outcomeUnknown", "the answer was lost");
        return "ok" as const;
      },
      events: (afterId, limit) => or(by.reads, by.stored.filter(({ id }) => id > afterId).slice(0, limit)),
    },
    clock,
    lease: () => (by.leads ? { holder: "a", term: 1 } : undefined),
    lastEventId: () => by.lastId,
    staleTerm: () => void (by.leads = false),
    failed: (error) => failures.push(error.message),
  });
  const add = (count: number): void => {
    for (let index = 0; index < count; index += 1)
      log.add({ kind: "worker-joined", service: "web", worker: `w-${index}`, message: "joined" });
  };
  const say = (message: string): void => log.add({ kind: "worker-joined", message });
  return { time, written, add, startedAt: clock.now(), log, by, messages, say, failures };
}

test("what happens while the store fails is written by the leader that goes on in its term, in order", async () => {
  const { time, log, by, messages, say } = leading();
  by.writes = false;
  say("with a lease, into a full store");
  await time.run(300);
  by.leads = false;
  say("in doubt");
  await time.run(5_000);
  assert.deepEqual(messages, []);
  [by.writes, by.leads] = [true, true];
  log.resume();
  say("after it");
  await time.run(300);
  assert.deepEqual(messages, ["with a lease, into a full store", "in doubt", "after it"]);
});

test("what is kept without a lease is bounded: the oldest go", async () => {
  const { time, log, by, messages, say } = leading();
  by.writes = false;
  for (let number = 1; number <= 700; number += 1) say(String(number));
  by.leads = false;
  await time.run(1_000);
  [by.writes, by.leads] = [true, true];
  log.resume();
  await time.run(1_000);
  assert.deepEqual([messages.length, messages[0], messages.at(-1)], [500, "201", "700"]);
});

test("what the leader before missed is written when the store can be read again", async () => {
  const { time, log, by, messages, say, failures } = leading();
  by.leads = false;
  say("missed");
  [by.leads, by.reads] = [true, false];
  await log.takeOver(0);
  await time.run(300);
  assert.deepEqual([messages, failures[0]], [[], "the disk is full"]);
  // In doubt meanwhile, and leader of the same term again.
  by.leads = false;
  await time.run(300);
  by.leads = true;
  log.resume();
  await time.run(300);
  assert.deepEqual(messages, ["missed"]);

  await time.run(6_000);
  by.leads = false;
  say("missed too");
  [by.leads, by.reads] = [true, false];
  await log.takeOver(0);
  await time.run(1_000);
  by.reads = true;
  await time.run(300);
  assert.deepEqual(messages, ["missed", "missed too"]);
});

test("what a term that is over could not write is written in the next one, where nobody has led between", async () => {
  const { time, log, by, messages } = leading();
  const flaps = (message: string): void => log.add({ kind: "worker-live", worker: "a", message });
  flaps("written");
  await time.run(50);
  by.stale = true;
  flaps("refused");
  await time.run(50);
  flaps("in doubt");
  [by.leads, by.stale] = [true, false];
  await log.takeOver(nobodySince);
  await time.run(50);
  assert.deepEqual(messages, ["written", "refused", "in doubt"]);
});

test("however much others have written meanwhile, it is not written again", async () => {
  const { time, log, by, messages, say } = leading();
  by.leads = false;
  say("seen by all");
  const at = new Date(Date.UTC(2026, 0, 1) + time.nowMs).toISOString();
  const others = Array.from({ length: 600 }, (_, index) => ({ message: "another", worker: `w-${index}` }));
  const written = [...others, { message: "seen by all" }];
  by.stored = written.map((one, index) => ({ id: index + 1, term: 1, at, kind: "worker-joined", ...one }));
  by.leads = true;
  await log.takeOver(0);
  await time.run(300);
  assert.deepEqual(messages, []);
});

test("a batch that was written, but not told so, is looked for before it is written again: each event is there once", async () => {
  const { time, log, by, messages, say, failures } = leading();
  say("before");
  await time.run(50);
  by.answers = false;
  const flaps = (worker: string): void =>
    log.add({ kind: "worker-live", worker, message: `${worker} is live` });
  for (const worker of ["a", "b", "b"]) flaps(worker);
  await time.run(50);
  // The log cannot be read either; what happens meanwhile is another event, though it looks the same.
  by.reads = false;
  await time.run(300);
  flaps("b");
  [by.answers, by.reads] = [true, true];
  await time.run(300);
  assert.deepEqual(messages, ["before", "a is live", "b is live", "b is live", "b is live"]);
  assert.equal(failures[0], "outcome-unknown: the answer was lost");

  // In doubt about itself meanwhile, and leader of the same term again.
  by.answers = false;
  say("written");
  await time.run(30);
  [by.leads, by.answers] = [false, true];
  await time.run(300);
  by.leads = true;
  log.resume();
  await time.run(300);
  assert.deepEqual(messages.slice(5), ["written"]);
});

test("what the leader wrote of a worker before is not taken for what it does again", async () => {
  const { time, log, by, messages } = leading();
  const flaps = (message: string): void =>
    log.add({ kind: "worker-live", service: "web", worker: "a", message, data: { generation: 7 } });
  const stored = (id: number, at: string): ClusterEvent => ({
    id,
    term: 1,
    at,
    kind: "worker-live",
    service: "web",
    worker: "a",
    message: "stored",
    data: { generation: 7 },
  });
  by.leads = false;
  by.stored = [stored(11, new Date(Date.UTC(2026, 0, 1)).toISOString())];
  by.lastId = 11;
  await time.run(30_000);
  flaps("again, and the leader died of it");
  by.leads = true;
  await log.takeOver(0);
  await time.run(300);
  assert.deepEqual(messages, ["again, and the leader died of it"]);

  by.leads = false;
  flaps("once, and the leader wrote it");
  flaps("twice, and that it did not");
  by.stored = [stored(12, new Date(Date.UTC(2026, 0, 1) + time.nowMs).toISOString())];
  by.leads = true;
  await log.takeOver(0);
  await time.run(300);
  assert.deepEqual(messages.slice(1), ["twice, and that it did not"]);
});

test("few events are written within 20 ms, a crowd's four times a second", async () => {
  const { time, written, add, startedAt, failures } = leading();
  add(3);
  await time.run(20);
  assert.deepEqual(written, [{ at: startedAt + 20, events: 3 }]);
  for (let turn = 0; turn < 100; turn += 1) {
    add(10);
    await time.run(10);
  }
  await time.run(1_000);
  assert.equal(
    written.reduce((sum, { events }) => sum + events, 0),
    1_003,
  );
  assert.ok(written.length <= 8, `${written.length} writes`);
  add(1);
  await time.run(1_000);
  add(1);
  await time.run(20);
  assert.equal(written.at(-1)?.events, 1);
  assert.deepEqual(failures, []);
});
