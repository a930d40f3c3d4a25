import assert from "node:assert/strict";
import { test } from "node:test";
import { afterFailure, currentOf, endpointsOf } from "./endpoints.ts";

const all = ["a:2379", "b:2379", "c:2379"];

test("a failing member is left for the next, round and round", () => {
  let endpoints = endpointsOf(all, 0);
  const seen = [currentOf(endpoints)];
  for (let step = 0; step < 4; step += 1) {
    endpoints = afterFailure(endpoints, currentOf(endpoints));
    seen.push(currentOf(endpoints));
  }
  assert.deepEqual(seen, ["a:2379", "b:2379", "c:2379", "a:2379", "b:2379"]);
});

test("several calls that failed at one member are one failure", () => {
  let endpoints = endpointsOf(all, 0);
  for (let call = 0; call < 5; call += 1) endpoints = afterFailure(endpoints, "a:2379");
  assert.equal(currentOf(endpoints), "b:2379");
});

test("a single member stays", () => {
  assert.equal(currentOf(afterFailure(endpointsOf(["a:2379"], 0.99), "a:2379")), "a:2379");
});

test("controllers begin at different members", () => {
  assert.deepEqual(
    [0, 0.34, 0.67, 0.999].map((chance) => currentOf(endpointsOf(all, chance))),
    ["a:2379", "b:2379", "c:2379", "c:2379"],
  );
});
