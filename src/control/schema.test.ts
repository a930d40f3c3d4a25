import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { evidenceReportSchema, statisticsReportSchema } from "./schema.ts";

const statistics = {
  v: 1,
  proxy: "proxy-1",
  instance: "abc",
  connections: { open: 1, accepted: 2, refused: 0 },
  services: {},
  problems: {},
  retries: { taken: 0, denied: 0 },
  poisoned: {},
};

for (const id of ["127.0.0.1:3000", "[::1]:3000", "_a.internal:80", "büro 1"]) {
  test(`a proxy may report of a worker that is called ${id}`, () => {
    const item = { service: "a", id, address: "[::1]:3000", generation: 3, kind: "reset" };
    assert.ok(v.is(evidenceReportSchema, { v: 1, proxy: "proxy-1", items: [item] }));
    const worker = { service: "a", id, answers: 1, errors: 0, latency: [1] };
    assert.ok(v.is(statisticsReportSchema, { ...statistics, workers: [worker] }));
  });
}

test("what would move a terminal, or is no name at all, may not be reported", () => {
  const worker = { service: "a", id: "w\u001b[2J", answers: 1, errors: 0, latency: [1] };
  assert.ok(!v.is(statisticsReportSchema, { ...statistics, workers: [worker] }));
  assert.ok(!v.is(statisticsReportSchema, { ...statistics, workers: [{ ...worker, id: 7 }] }));
});
