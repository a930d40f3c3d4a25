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
  [
    { controll: "x", waitMS: 3 },
    'join: the option "controll" is unknown; did you mean "control"?\njoin: the option "waitMS" is unknown; did you mean "waitMs"?',
  ],
  ["a", "join: options are an object, with any of control, waitMs"] as never,
  [["a"], "join: options are an object, with any of control, waitMs"],
];

for (const [given, detail] of unknown) {
  test(detail, () => assert.throws(() => checkOptions("join", given, known), { code: "invalid", detail }));
}

test("of a great many unknown options the first five are told", () => {
  const given = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`banana${at}`, at]));
  assert.throws(
    () => checkOptions("join", given, known),
    ({ detail }: { detail: string }) => {
      const lines = detail.split("\n");
      return lines.length === 6 && lines[5] === "and 2 more";
    },
  );
});
