import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { TableFrame } from "../protocol/routing-table.ts";
import { testRoute, testTable, testWorkerRow } from "../proxy/testing/testing-table.ts";
import { unconfiguredService } from "./defaults.ts";
import { framesOfTable, partsOfChanges } from "./table-frames.ts";
import { TestRegistry } from "./testing-registry.ts";

const rowsOf = (count: number) => Array.from({ length: count }, (_, at) => testWorkerRow(at));

test("the parts together are the table, none is too large, and only the last has none after it", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.integer({ min: 1, max: 12 }), (workers, routes, rowsMax) => {
      const table = testTable({
        workers: rowsOf(workers),
        routes: Array.from({ length: routes }, (_, at) => testRoute({ name: `/${at}` })),
      });
      const frames = framesOfTable(table, rowsMax);
      const parts = frames.map((frame, at) => {
        assert.equal(frame.kind, at === 0 ? "full" : "more");
        assert.ok(frame.kind === "full" || frame.kind === "more");
        assert.equal(frame.more === true, at < frames.length - 1);
        return frame.kind === "full" ? frame.table : frame;
      });
      for (const part of parts) assert.ok(part.workers.length <= rowsMax && part.routes.length <= rowsMax);
      assert.deepEqual(
        parts.flatMap((part) => part.workers),
        table.workers,
      );
      assert.deepEqual(
        parts.flatMap((part) => part.routes),
        table.routes,
      );
    }),
  );
});

test("a table that fits, or for a reader that takes any, is one frame as it always was", () => {
  const table = testTable({ workers: rowsOf(500) });
  assert.deepEqual(framesOfTable(table, Infinity), [{ kind: "full", table }]);
  assert.deepEqual(framesOfTable(table, 500), [{ kind: "full", table }]);
});

test("changes without a row are one part: term or settledness may be what changed", () => {
  assert.deepEqual(partsOfChanges([], [], 5), [{ upserts: [], removals: [] }]);
  const removals = Array.from({ length: 7 }, (_, at) => ({ service: "web", id: `w-${at}` }));
  const sizes = partsOfChanges(rowsOf(3), removals, 5).map((part) => [
    part.upserts.length,
    part.removals.length,
  ]);
  assert.deepEqual(sizes, [
    [3, 5],
    [0, 2],
  ]);
});

test("what happens to many workers in one turn goes out in frames that follow each other, each of a bounded size", async () => {
  const one = new TestRegistry().configure([{ ...unconfiguredService("web"), check: { kind: "none" } }]);
  one.heartbeat("w1000");
  await one.time.run(100);
  const frames: TableFrame[] = [];
  one.registry.publisher.subscribe({
    opensLinks: true,
    frame: (line) => void frames.push(JSON.parse(line) as TableFrame),
  });
  const before = one.registry.publisher.sequence;
  for (let id = 0; id < 600; id += 1) one.heartbeat(`w${id}`);
  await one.time.run(100);
  const deltas = frames.filter((frame) => frame.kind === "delta");
  const told = new Set(deltas.flatMap((delta) => delta.upserts.map((row) => row.id)));
  assert.equal(told.size, 600);
  const sizes = deltas.map((delta) => delta.upserts.length);
  assert.equal(Math.max(...sizes), 250);
  let sequence = before;
  for (const frame of frames.slice(1)) {
    const own = frame.kind === "full" ? frame.table.sequence : frame.kind === "more" ? NaN : frame.sequence;
    assert.equal(own, frame.kind === "alive" ? sequence : sequence + 1);
    sequence = own;
  }
});
