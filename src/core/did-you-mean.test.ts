import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "./did-you-mean.ts";

test("editDistance counts insertions, deletions, replacements and swaps", () => {
  for (const [left, right, distance] of [
    ["", "", 0],
    ["", "abc", 3],
    ["listen", "lisen", 1],
    ["listen", "litsen", 1],
    ["kitten", "sitting", 3],
  ] as const) {
    assert.equal(editDistance(left, right), distance, `${left} ${right}`);
    assert.equal(editDistance(right, left), distance, `${right} ${left}`);
  }
});

test("nearest guesses only what is near", () => {
  const known = ["listen", "limits", "state", "store"];
  assert.equal(nearest("Lisen", known), "listen");
  assert.equal(nearest("staet", known), "state");
  assert.equal(nearest("banana", known), undefined);
});
