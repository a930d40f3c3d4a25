import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAnew } from "./sqlite-create.ts";

test("what is there stays where it is until all of the new file is written", (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-create-"));
  context.after(() => rmSync(state, { recursive: true }));
  const file = join(state, "skein.db");
  const moves: string[] = [];
  const anew = (...ids: number[]): void => {
    const events = ids.map((id) => ({ id, body: "{}" }));
    createAnew(file, () => moves.push("moved"), 1, { term: 1, documents: {}, wordsLost: false, events });
  };
  assert.throws(() => anew(1, 1), { code: "store-failed" });
  assert.deepEqual([moves, readdirSync(state)], [[], []]);
  anew(1, 2);
  assert.deepEqual([moves, existsSync(file)], [["moved"], true]);
});
