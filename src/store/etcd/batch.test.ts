import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, drain, event } from "../../../test/contract/store-contract.ts";
import { eventsKept, type StoreChange, writeMax } from "../store.ts";
import { type Batch, batchOf, type Ground } from "./batch.ts";
import { Mirror } from "./mirror.ts";
import { identityRecord, testKeys as keys } from "./testing-records.ts";

/** What batches make of a store, as etcd would hold it. */
class Store {
  readonly mirror = new Mirror(keys);
  revision = 1;
  writes = 0;

  constructor() {
    this.mirror.takeList({ revision: 1, keyValues: [identityRecord(1)] });
  }

  get ground(): Ground {
    const { configuration, overrides, tokens, events } = this.mirror.state;
    return { keys, content: { configuration, overrides, tokens, events }, head: this.mirror.head };
  }

  batch(...queue: StoreChange[][]): Batch {
    this.writes += 1;
    return batchOf(queue, this.ground, 5, `write-${this.writes}`);
  }

  done(...queue: StoreChange[][]): Batch {
    const batch = this.batch(...queue);
    for (const operations of [batch.ready, batch.operations]) {
      this.revision += 1;
      this.mirror.takeOwn(operations, this.revision);
    }
    return batch;
  }
}

const keysOf = ({ operations }: Batch): string[] =>
  operations.map((operation) => `${operation.kind} ${operation.key.replace("skein/", "")}`);

const many = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

test("several writes become one transaction, and a change that is undone in it none", () => {
  const store = new Store();
  const undrain: StoreChange = { kind: "override", service: "web", id: "w2", drain: false };
  const batch = store.done([drain("web", "w1"), event("one")], [drain("web", "w2")], [undrain, event("two")]);
  assert.equal(batch.answered, 3);
  assert.deepEqual(keysOf(batch), [
    "put overrides/web/w1",
    "put events/0000000000000002",
    "put cluster/head",
  ]);
  assert.deepEqual(
    store.mirror.state.overrides.map(({ id }) => id),
    ["w1"],
  );
  assert.deepEqual(store.mirror.state.events, { firstId: 1, lastId: 2 });
});

test("what is so already causes no operation at all", () => {
  const store = new Store();
  store.done([configuration("one"), drain("web", "w1")]);
  assert.deepEqual(store.batch([configuration("one"), drain("web", "w1")], []).operations, []);
});

test("a batch is bounded as a single write is; the rest waits", () => {
  const store = new Store();
  const drains = many(writeMax.overrides + 50, (index) => [drain("web", `w${index}`)]);
  const first = store.done(...drains);
  assert.equal(first.answered, writeMax.overrides);
  assert.equal(first.operations.length, writeMax.overrides + 1);
  assert.ok(first.operations.length <= 128);
  assert.equal(store.done(...drains.slice(first.answered)).answered, 50);
  assert.equal(store.mirror.state.overrides.length, writeMax.overrides + 50);
  assert.equal(store.batch([configuration("a")], [configuration("b")]).answered, 1, "each has its revision");
});

test("a write that cannot be done is refused alone", () => {
  const store = new Store();
  const tooMany = many(writeMax.overrides + 1, (index) => drain("api", `w${index}`));
  const large = configuration("large");
  large.traffic.registration.allow = ["x".repeat(5 * 1024 * 1024)];
  const batch = store.done([drain("web", "w1")], [drain("web", "w2"), large], [event("e")]);
  assert.equal(batch.answered, 3);
  assert.deepEqual([...batch.refused.keys()], [1]);
  assert.deepEqual(
    store.mirror.state.overrides.map(({ id }) => id),
    ["w1"],
  );
  const alone = store.batch(tooMany, [event("e")]);
  assert.deepEqual([alone.answered, [...alone.refused.keys()]], [2, [0]]);
});

test("a small configuration comes in one transaction, a large one is laid ready in parts", () => {
  const store = new Store();
  const small = store.done([configuration("one")]);
  assert.deepEqual(small.ready, []);
  const large = configuration("two");
  // Every cut would fall into the middle of a character.
  large.traffic.registration.allow = [`x${"\u{1f9ff}".repeat(450_000)}`];
  const batch = store.done([large]);
  assert.equal(batch.ready.length, 4);
  for (const part of batch.ready) {
    assert.ok(part.kind === "put" && Buffer.byteLength(part.value) < 1024 * 1024);
    assert.equal(Buffer.from(part.value, "utf8").toString("utf8"), part.value);
  }
  assert.deepEqual(store.mirror.state.configuration?.traffic, large.traffic);
  assert.equal(store.mirror.state.configuration?.revision, 2);
  store.done([configuration("three")]);
  const left = store.mirror.records
    .map(({ key }) => key)
    .filter((key) => key.startsWith(keys.configurations.key));
  assert.deepEqual(left, [keys.configuration("write-3", 0)], "what no head names is removed");
});

test("a page holds the events of a batch; pages of forgotten ones are removed", () => {
  const store = new Store();
  for (let written = 0; written < eventsKept; written += writeMax.events) {
    store.done(many(writeMax.events, (index) => event(String(written + index + 1))));
  }
  assert.deepEqual(store.mirror.state.events, { firstId: 1, lastId: eventsKept });
  const batch = store.done([event("more")]);
  assert.deepEqual(keysOf(batch), ["put events/0000000000010001", "delete events/", "put cluster/head"]);
  const removal = batch.operations[1];
  assert.ok(removal?.kind === "delete" && removal.end === keys.eventsUpTo(2));
  assert.deepEqual(store.mirror.state.events, { firstId: 2, lastId: eventsKept + 1 });
});

test("every state between laying ready and naming is whole", () => {
  const store = new Store();
  store.done([configuration("one")]);
  const large = configuration("two");
  large.traffic.registration.allow = ["x".repeat(700_000)];
  const batch = store.batch([large]);
  store.mirror.takeOwn(batch.ready.slice(0, 1), 50);
  assert.equal(store.mirror.view.kind, "whole");
  assert.equal(store.mirror.state.configuration?.digest, "one");
});
