import assert from "node:assert/strict";
import { test } from "node:test";
import { itemFor, serverNames } from "./server-names.ts";

const names = serverNames([
  { names: ["example.com", "www.example.com"], item: "one" },
  { names: ["*.example.com", "example.com", "*.a.test"], item: "two" },
  { names: [], item: "nobody" },
]);

const cases: [host: string, item: string | undefined][] = [
  ["example.com", "one"],
  ["www.example.com", "one"],
  ["api.example.com", "two"],
  ["deep.api.example.com", undefined],
  [".example.com", undefined],
  ["b.a.test", "two"],
  ["a.test", undefined],
  ["*.example.com", "two"],
  ["constructor", undefined],
  ["", undefined],
];

for (const [host, item] of cases) {
  test(`${JSON.stringify(host)} is served by ${item ?? "none"}`, () => {
    assert.equal(itemFor(names, host), item);
  });
}
