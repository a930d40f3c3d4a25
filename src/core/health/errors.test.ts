import assert from "node:assert/strict";
import { test } from "node:test";
import { errorNumbers, errorsAreUsual, errsFarMore, newOwnPart } from "./errors.ts";
import { countAsFailed, countOutcome, newRecentOutcomes } from "./recent-outcomes.ts";

/**
 * A worker answers by turns with others: `!` an error of its own, `.` a sound answer of its own, `x` and `o` those of the others.
 * `~`: one of its own is broken off that is not known to have begun.
 */
function isFarMore(answers: string): boolean {
  const own = newOwnPart();
  const ofAll = newRecentOutcomes(0);
  let found = false;
  for (const answer of answers) {
    if (answer === "~") {
      countAsFailed(ofAll, 0);
      countAsFailed(own.answers, 0);
      found = errsFarMore(own, ofAll, 0) || found;
      continue;
    }
    const isError = answer === "!" || answer === "x";
    countOutcome(ofAll, 0, isError);
    if (answer === "!" || answer === ".") countOutcome(own.answers, 0, isError);
    if (answer === "!") found = errsFarMore(own, ofAll, 0) || found;
  }
  return found;
}

const cases: [string, answers: string, expected: boolean][] = [
  ["only errors, while the others answer well", "!ooo".repeat(15), true],
  ["and after ten thousand sound answers", `${".o".repeat(10_000)}${"!ooo".repeat(15)}`, true],
  ["one in three fails", "!o.o.o".repeat(30), true],
  ["a few errors are borne", "!oooooooooo".repeat(5), false],
  ["one in thirty is borne", `!${".o".repeat(29)}`.repeat(100), false],
  ["the others fail alike", "!x".repeat(100), false],
  [
    "the others fail half as often, from the same moment on",
    `${".o".repeat(1_000)}${"!!x".repeat(100)}`,
    false,
  ],
  ["the others answer nothing", `${".o".repeat(1_000)}${"!".repeat(1_000)}`, false],
  ["a hundred in one moment", `${"o".repeat(100)}${"!".repeat(100)}${"o".repeat(100)}!`, false],
  ["a hundred in each of three moments", `${"!".repeat(100)}${"o".repeat(100)}`.repeat(3), false],
  ["nothing is known of when the first one began", `${"o".repeat(100)}~o${"!o".repeat(12)}`, false],
  ["the others have hardly answered", "!o".repeat(errorNumbers.othersMin - 1), false],
];
for (const [name, answers, expected] of cases) {
  test(`${name}: ${expected ? "far more than the others" : "no fault of this one"}`, () =>
    assert.equal(isFarMore(answers), expected));
}

test("an error on trial is nothing special where errors were frequent while the worker was out", () => {
  const ofAll = newRecentOutcomes(0);
  const answer = (now: number, errors: number, sound: number): boolean => {
    for (let at = 0; at < errors + sound; at += 1) countOutcome(ofAll, now, at < errors);
    return errorsAreUsual(ofAll, now);
  };
  assert.equal(answer(0, 50, 0), true);
  assert.equal(answer(5_000, 1, 0), false, "those by which it went out are no measure, nor is its own");
  assert.equal(answer(5_500, 3, 50), false);
  assert.equal(answer(5_900, 5, 20), true);
});
