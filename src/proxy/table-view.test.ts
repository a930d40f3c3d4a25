import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutingTable, TableWorker } from "../protocol/routing-table.ts";
import { type TableChange, TableView } from "./table-view.ts";
import { testTable, testWorkerRow } from "./testing-table.ts";

const full = (parts: Partial<RoutingTable>, workers: TableWorker[] = []) =>
  ({ kind: "full", table: testTable({ workers, table: parts }) }) as const;

const delta = (sequence: number, upserts: TableWorker[], removed: string[] = [], settled = true, term = 1) =>
  ({
    kind: "delta",
    sequence,
    term,
    settled,
    upserts,
    removals: removed.map((id) => ({ service: "web", id })),
  }) as const;

function idsOf(change: TableChange): string[] {
  assert.equal(change.kind, "full");
  return change.kind === "full" ? (change.workers.get("web") ?? []).map((row) => row.id).sort() : [];
}

test("a full table, then deltas that follow each other", () => {
  const view = new TableView();
  assert.deepEqual(idsOf(view.accept(full({}, [testWorkerRow(1)]))), ["w-1"]);
  const change = view.accept(delta(2, [testWorkerRow(2)], ["w-1"]));
  assert.deepEqual(change, {
    kind: "workers",
    upserts: [testWorkerRow(2)],
    removals: [{ service: "web", id: "w-1" }],
  });
  assert.deepEqual(view.accept({ kind: "alive", sequence: 2, term: 1 }), { kind: "none" });
});

test("a gap, a delta without a table, and an alive of another sequence end the stream", () => {
  const view = new TableView();
  assert.equal(view.accept(delta(2, [])).kind, "refused");
  view.accept(full({}));
  assert.equal(view.accept(delta(3, [])).kind, "refused");
  assert.equal(view.accept({ kind: "alive", sequence: 9, term: 1 }).kind, "refused");
  view.beginStream();
  assert.equal(view.accept(delta(2, [])).kind, "refused");
});

test("an older term or revision is refused, whoever says it", () => {
  const view = new TableView();
  view.accept(full({ term: 5, revision: 7 }));
  assert.equal(view.accept(full({ term: 4, revision: 99 })).kind, "refused");
  assert.equal(view.accept(full({ term: 5, revision: 6 })).kind, "refused");
  assert.equal(view.accept(full({ term: 5, revision: 7 })).kind, "full");
  assert.equal(view.accept(delta(2, [], [], true, 4)).kind, "refused");
  assert.equal(view.accept({ kind: "alive", sequence: 1, term: 4 }).kind, "refused");
  assert.equal(view.accept(full({ term: 6, revision: 1 })).kind, "full");
  assert.deepEqual([view.term, view.revision], [6, 1]);
});

test("a term that grows within a stream counts from then on", () => {
  const view = new TableView();
  view.accept(full({ term: 5 }));
  view.accept({ kind: "alive", sequence: 1, term: 6 });
  assert.equal(view.accept(full({ term: 5 })).kind, "refused");
});

test("an unsettled table only adds; when it settles, it is the truth", () => {
  const view = new TableView();
  view.accept(full({}, [testWorkerRow(1), testWorkerRow(2)]));
  view.beginStream();
  const unsettled = view.accept(full({ settled: false, controller: "other" }, [testWorkerRow(3)]));
  assert.deepEqual(idsOf(unsettled), ["w-1", "w-2", "w-3"]);
  const removal = view.accept(delta(2, [], ["w-1"], false));
  assert.deepEqual(removal, { kind: "workers", upserts: [], removals: [] });
  assert.deepEqual(idsOf(view.accept(delta(3, [testWorkerRow(1)], [], true))), ["w-1", "w-3"]);
});

test("an unsettled table does not talk down a worker, unless its evidence is hard or its life is another", () => {
  const view = new TableView();
  view.accept(full({}, [testWorkerRow(1), testWorkerRow(2), testWorkerRow(3)]));
  view.beginStream();
  const soft = { kind: "suspect", cause: "not-checked", strength: "soft" } as const;
  const hard = { kind: "suspect", cause: "refused", strength: "hard" } as const;
  const told = [
    testWorkerRow(1, { state: soft }),
    testWorkerRow(2, { state: hard }),
    testWorkerRow(3, { state: soft, generation: 2 }),
  ];
  const change = view.accept(full({ settled: false }, told));
  assert.ok(change.kind === "full");
  const states = change.kind === "full" ? (change.workers.get("web") ?? []) : [];
  assert.deepEqual(
    states.map((row) => row.state.kind),
    ["live", "suspect", "suspect"],
  );
});
