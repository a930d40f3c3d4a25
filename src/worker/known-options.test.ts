import assert from "node:assert/strict";
import { test } from "node:test";
import { checkOptions } from "./known-options.ts";

const known = { control: true, waitMs: true } as const;

test("known options pass, whatever they are set to", () => {
  checkOptions("join", {}, known);
  checkOptions("join", { control: undefined, waitMs: 3 }, known);
});

const unknown: [object, string][] = [
  [{ controll: "x" }, `join: the option "controll" is unknown; did you mean "control"?`],
  [{ waitMs: 3, banana: undefined }, `join: the option "banana" is unknown; known are control, waitMs`],
  [{ toString: "x" }, `join: the option "toString" is unknown; known are control, waitMs`],
];

for (const [given, detail] of unknown) {
  test(detail, () => assert.throws(() => checkOptions("join", given, known), { code: "invalid", detail }));
}
