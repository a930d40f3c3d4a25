import assert from "node:assert/strict";
import { test } from "node:test";
import type { Route } from "../../protocol/configuration.ts";
import type { RoutingTable, TableFrame, TableWorker } from "../../protocol/routing-table.ts";
import { type TableChange, TableView } from "./table-view.ts";
import { testRoute, testTable, testWorkerRow } from "../testing/testing-table.ts";

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

/** A view, and the workers that its changes lead to. */
class Follower {
  readonly view = new TableView();
  readonly rows = new Map<string, TableWorker>();

  accept(frame: TableFrame): TableChange["kind"] {
    const change = this.view.accept(frame);
    if (change.kind === "none" || change.kind === "refused") return change.kind;
    if (change.kind !== "part")
      for (const { id } of change.removals) assert.ok(this.rows.delete(id), `${id} was not there`);
    for (const row of change.upserts) this.rows.set(row.id, row);
    return change.kind;
  }

  get ids(): string {
    return [...this.rows.keys()].sort().join(" ");
  }
}

const more = (ports: number[], isMore: boolean, routes: Route[] = []): TableFrame => ({
  kind: "more",
  routes,
  workers: ports.map((port) => testWorkerRow(port)),
  more: isMore,
});

test("a full table, then deltas that follow each other", () => {
  const view = new TableView();
  assert.equal(view.accept(full({}, [testWorkerRow(1)])).kind, "full");
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

test("a whole table takes away whom it does not tell of", () => {
  const follower = new Follower();
  follower.accept(full({}, [testWorkerRow(1), testWorkerRow(2)]));
  assert.equal(follower.accept(full({}, [testWorkerRow(2), testWorkerRow(3)])), "full");
  assert.equal(follower.ids, "w-2 w-3");
});

test("a table in parts: workers are added as they come, the rest holds when it is whole", () => {
  const follower = new Follower();
  follower.accept(full({}, [testWorkerRow(1), testWorkerRow(2)]));
  const first = { ...full({ sequence: 5 }, [testWorkerRow(2)]), more: true };
  assert.equal(follower.accept(first), "part");
  assert.equal(follower.accept(more([3], true, [testRoute({ name: "/b" })])), "part");
  assert.equal(follower.ids, "w-1 w-2 w-3");
  assert.equal(follower.view.accept(delta(6, [])).kind, "refused", "it is not whole yet");
  const last = follower.view.accept(more([4], false, [testRoute({ name: "/c" })]));
  assert.ok(last.kind === "full");
  assert.deepEqual(
    last.table.routes.map(({ name }) => name),
    ["/", "/b", "/c"],
  );
  assert.deepEqual(last.removals, [{ service: "web", id: "w-1" }]);
  assert.equal(follower.accept(delta(6, [])), "workers");
});

test("a part of no table is refused, also after the stream it belonged to has ended", () => {
  const follower = new Follower();
  assert.equal(follower.accept(more([1], false)), "refused");
  follower.accept({ ...full({}, [testWorkerRow(2)]), more: true });
  follower.view.beginStream();
  assert.equal(follower.accept(more([3], false)), "refused");
  assert.equal(follower.accept(full({}, [testWorkerRow(3)])), "full");
  assert.equal(follower.ids, "w-3", "what the part of the other stream told is not kept");
});

test("an unsettled table only adds; when it settles, it is the truth", () => {
  const follower = new Follower();
  follower.accept(full({}, [testWorkerRow(1), testWorkerRow(2)]));
  follower.view.beginStream();
  follower.accept(full({ settled: false, controller: "other" }, [testWorkerRow(3)]));
  assert.equal(follower.ids, "w-1 w-2 w-3");
  follower.accept(delta(2, [], ["w-1"], false));
  assert.equal(follower.ids, "w-1 w-2 w-3");
  follower.accept(delta(3, [testWorkerRow(1)], [], true));
  assert.equal(follower.ids, "w-1 w-3");
});

test("what an unsettled table did not talk down is believed when it settles", () => {
  const follower = new Follower();
  const lost = testWorkerRow(1, { state: { kind: "suspect", cause: "session-lost", strength: "soft" } });
  follower.accept(full({}, [testWorkerRow(1), testWorkerRow(2)]));
  follower.view.beginStream();
  follower.accept(full({ settled: false }, [lost, testWorkerRow(2)]));
  assert.equal(follower.rows.get("w-1")?.state.kind, "live");
  const change = follower.view.accept(delta(2, [], [], true));
  assert.deepEqual(
    change,
    { kind: "workers", upserts: [lost], removals: [] },
    "and nothing else is told again",
  );
});

test("an unsettled table does not talk down a worker, unless its evidence is hard or its life is another", () => {
  const follower = new Follower();
  follower.accept(full({}, [testWorkerRow(1), testWorkerRow(2), testWorkerRow(3)]));
  follower.view.beginStream();
  const soft = { kind: "suspect", cause: "not-checked", strength: "soft" } as const;
  const hard = { kind: "suspect", cause: "refused", strength: "hard" } as const;
  const told = [
    testWorkerRow(1, { state: soft }),
    testWorkerRow(2, { state: hard }),
    testWorkerRow(3, { state: soft, generation: 2 }),
  ];
  follower.accept(full({ settled: false }, told));
  assert.deepEqual(
    [1, 2, 3].map((port) => follower.rows.get(`w-${port}`)?.state.kind),
    ["live", "suspect", "suspect"],
  );
});
