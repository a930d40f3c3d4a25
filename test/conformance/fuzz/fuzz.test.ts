/** A fixed part of what `npm run fuzz` does for as long as one likes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/runtime/random.ts";
import { FuzzSession } from "./session.ts";

const inputs = 36_000;
const seed = 20_261_123;

test(
  `${inputs} inputs: ours and llhttp differ only where it is written down`,
  { timeout: 120_000 },
  async () => {
    const session = new FuzzSession(seededRandom(seed));
    while (session.inputs < inputs) {
      for (const { trial, what } of await session.next()) assert.fail(`${what}\n${JSON.stringify(trial)}`);
    }
    // A fuzzer that produces only rubbish, or nothing wrong, tests nothing.
    assert.ok(session.accepted > inputs / 3, `only ${session.accepted} inputs had a valid message`);
    assert.ok(session.refused > inputs / 3, `only ${session.refused} inputs were refused`);
  },
);
