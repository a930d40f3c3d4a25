import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEvent, ClusterEventKind } from "../protocol/events.ts";
import type { NewEvent } from "../store/store.ts";
import { KnownLives, type MaybeNews } from "./known-lives.ts";

type Data = NonNullable<NewEvent["data"]>;

const at = new Date(0).toISOString();
const happened = (kind: string, data: Data = {}): NewEvent => ({
  kind: `worker-${kind}` as ClusterEventKind,
  at,
  service: "web",
  worker: "a",
  message: kind,
  data: { generation: 1, ...data },
});
const told = (...kinds: string[]): NewEvent[] =>
  kinds.map((text) => {
    const [kind = "", cause] = text.split(" ");
    return happened(kind, cause === undefined ? {} : { cause });
  });
const found = (events: NewEvent[]): MaybeNews[] => events.map((event) => ({ event, found: true }));
const logOf = (events: NewEvent[], firstId = 1): ClusterEvent[] =>
  events.map((event, index) => ({ ...event, id: firstId + index, term: 1 }));

async function newsOf(log: ClusterEvent[], batch: MaybeNews[]): Promise<string[]> {
  const events = async (after: number) => log.filter(({ id }) => id > after);
  return (await new KnownLives({ events }).newsAmong(batch)).map(({ event }) => event.message);
}

const cases: [what: string, log: string[], found: string[], news: string[]][] = [
  ["nothing is known: everything is told", [], ["joined", "live"], ["joined", "live"]],
  ["it joined and is live, as it was", ["joined", "live"], ["joined", "live"], []],
  ["it was out, and is live", ["joined", "live", "suspect refused"], ["joined", "live"], ["live"]],
  ["it was live, and is out", ["joined", "live"], ["joined", "suspect refused"], ["suspect"]],
  ["it is out as it was", ["joined", "suspect refused"], ["joined", "suspect refused"], []],
  ["it is out for another cause", ["joined", "suspect reset"], ["suspect refused"], ["suspect"]],
  ["it drained, and does", ["joined", "live", "draining"], ["joined", "draining"], []],
  ["it was dead", ["joined", "live", "dead"], ["joined", "live"], ["joined", "live"]],
  ["it was forgotten", ["joined", "forgotten"], ["joined"], ["joined"]],
];
for (const [what, log, seen, news] of cases) {
  test(what, async () => assert.deepEqual(await newsOf(logOf(told(...log)), found(told(...seen))), news));
}

test("who needs no check is live from when it joined", async () => {
  const joined = happened("joined", { state: "live" });
  assert.deepEqual(await newsOf(logOf([joined]), found(told("joined", "live"))), []);
});

test("another life of the worker has joined; so has one that was seen to begin", async () => {
  const log = logOf(told("joined", "live"));
  const next = happened("joined", { generation: 2 });
  assert.deepEqual(await newsOf(log, found([next])), ["joined"]);
  assert.deepEqual(await newsOf(log, [{ event: happened("joined"), found: false }]), ["joined"]);
});

test("a log that has forgotten its beginning: who is not in it is not told again, but for what is wrong", async () => {
  const log = logOf([{ ...happened("joined"), worker: "b" }], 7);
  assert.deepEqual(await newsOf(log, found(told("joined", "live", "suspect refused"))), ["suspect"]);
});

test("what was let through and not written is let through again", async () => {
  const known = new KnownLives({ events: async () => [] });
  const batch = found(told("joined"));
  for (let round = 0; round < 2; round += 1) assert.equal((await known.newsAmong(batch)).length, 1);
});
