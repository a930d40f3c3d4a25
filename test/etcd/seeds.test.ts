import assert from "node:assert/strict";
import { it } from "node:test";
import { playSeeds } from "../../src/store/etcd/testing-world.ts";

it("300 seeds of faults over a model of etcd: one leader at a time, every write once or not", async (t) => {
  const written = await playSeeds(1000, 1299);
  assert.ok(written > 10_000, "hardly anything was written: nothing was tested");
  t.diagnostic(`${written} writes`);
});
