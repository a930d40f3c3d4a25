import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutingTable, TableFrame, TableWorker } from "../protocol/routing-table.ts";
import { workersFrameOf } from "./workers-frame.ts";

const worker = (service: string, id: string, more: Partial<TableWorker> = {}): TableWorker => ({
  service,
  id,
  address: "10.0.0.1:8081",
  generation: 1,
  state: { kind: "live" },
  weight: 1,
  liveForMs: 5,
  session: true,
  link: { port: 9, key: "secret" },
  ...more,
});

const shown = (id: string): object => ({ id, address: "10.0.0.1:8081", state: "live", weight: 1 });

test("a table becomes the workers of the one service, and no key is shown", () => {
  const workers = [worker("orders", "a"), worker("other", "b")];
  const table = { settled: true, services: {}, workers } as unknown as RoutingTable;
  assert.deepEqual(workersFrameOf({ kind: "full", table }, "orders"), {
    kind: "full",
    v: 1,
    service: "orders",
    settled: true,
    secure: false,
    workers: [shown("a")],
  });
});

test("a change is told with what a client needs to judge it", () => {
  const suspect = worker("orders", "a", {
    state: { kind: "suspect", cause: "stalled", strength: "soft" },
    zone: "z",
    backup: true,
  });
  const frame: TableFrame = {
    kind: "delta",
    sequence: 2,
    term: 1,
    settled: true,
    upserts: [suspect, worker("other", "c")],
    removals: [
      { service: "orders", id: "b" },
      { service: "other", id: "d" },
    ],
  };
  assert.deepEqual(workersFrameOf(frame, "orders"), {
    kind: "delta",
    settled: true,
    upserts: [{ ...shown("a"), state: "suspect", strength: "soft", zone: "z", backup: true }],
    removals: ["b"],
  });
});
