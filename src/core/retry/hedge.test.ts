import assert from "node:assert/strict";
import { test } from "node:test";
import { hedgeAfterMs, type HedgeFacts } from "./hedge.ts";

const slow: HedgeFacts = {
  idempotent: true,
  repeated: false,
  routeRetries: true,
  upgrade: false,
  p95Ms: 40,
};

const cases: [Partial<HedgeFacts>, number | undefined][] = [
  [{}, 40],
  [{ p95Ms: undefined }, undefined],
  [{ idempotent: false }, undefined],
  [{ repeated: true }, undefined],
  [{ routeRetries: false }, undefined],
  [{ upgrade: true }, undefined],
];

for (const [facts, expected] of cases) {
  test(`${JSON.stringify(facts)} -> ${expected}`, () =>
    assert.equal(hedgeAfterMs({ ...slow, ...facts }), expected));
}
