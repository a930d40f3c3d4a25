import assert from "node:assert/strict";
import { test } from "node:test";
import { lifeAfter } from "./known-life.ts";

test("the number grows, the beginning stays, and the newest proof is kept", () => {
  const first = lifeAfter(undefined, { generation: 2, begunAtMs: 5, proof: "1-a" });
  assert.deepEqual(first, { generation: 2, begunAtMs: 5, proof: "1-a" });
  const second = lifeAfter(first, { generation: 1, begunAtMs: 9, proof: "2-b" });
  assert.deepEqual(second, { generation: 2, begunAtMs: 5, proof: "2-b" });
  // By a controller of this host, or an older one.
  assert.deepEqual(lifeAfter(second, { generation: 3 }), { generation: 3, begunAtMs: 5, proof: "2-b" });
  assert.deepEqual(lifeAfter(undefined, { generation: 1 }), { generation: 1 });
});
