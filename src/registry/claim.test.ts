import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claimant, registrationOf } from "./claim.ts";

const now = 1_800_000_000_000;
const claimant: Claimant = {
  service: "orders",
  id: "w1",
  address: "127.0.0.1:1",
  weight: 1,
  tags: [],
  metadata: {},
};
const nobody = { generation: 0, begunAtMs: undefined };

function numbersOf(
  told: Partial<Claimant>,
  past: { generation: number; begunAtMs: number | undefined } = nobody,
) {
  const facts = { ttlMs: 1_000, instance: "x", byPeer: undefined, known: undefined, past, beginsAt: now };
  const { generation, begunAtMs } = registrationOf({ ...claimant, ...told }, facts).registration;
  return [generation, begunAtMs];
}

test("a life that begins in the far future, or has the last number there is, has said nothing", () => {
  const last = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(numbersOf({}), [1, now]);
  assert.deepEqual(numbersOf({ generation: 7, begunAtMs: now + 5_000 }), [7, now + 5_000]);
  assert.deepEqual(numbersOf({ generation: 7, begunAtMs: last }), [7, undefined]);
  assert.deepEqual(numbersOf({ generation: last, begunAtMs: now }), [1, now]);
  assert.deepEqual(numbersOf({ generation: last, begunAtMs: last }), [1, undefined]);
});

test("what was told to a worker may be said again, however far that is", () => {
  const far = now + 10 * 86_400_000;
  assert.deepEqual(numbersOf({ generation: 2, begunAtMs: far }, { generation: 2, begunAtMs: far }), [2, far]);
});
