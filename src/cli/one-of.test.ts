import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCode, Failure } from "./failure.ts";
import { oneOf } from "./one-of.ts";

const words = ["no-route", "queue-full"] as const;
const place = { flag: "--code", known: "docs/errors.md lists them" };

test("a word of the set is taken", () => {
  assert.equal(oneOf("queue-full", words, place), "queue-full");
});

for (const [typed, says] of [
  ["no-rout", '--code: "no-rout" is unknown; did you mean "no-route"?'],
  ["Queue-Full", '--code: "Queue-Full" is unknown; did you mean "queue-full"?'],
  ["banana", '--code: "banana" is unknown; docs/errors.md lists them'],
] as const) {
  test(`${typed} is a fault of the command line`, () =>
    assert.throws(() => oneOf(typed, words, place), new Failure(says, exitCode.usage)));
}
