import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { longVariable, readLongVariable, withoutLongVariable } from "./long-variable.ts";

for (const length of [0, 1, 29_999, 30_000, 30_001, 60_000, 500_000]) {
  test(`${length} characters come as they went, also into another process`, () => {
    const text = "x".repeat(length % 2) + "😀ä€x".repeat(length / 5) + "x".repeat(length % 5);
    const variables = longVariable("LONG", text);
    assert.equal(readLongVariable(variables, "LONG"), text);
    const script = "process.stdout.write(JSON.stringify(process.env))";
    const { stdout } = spawnSync(process.execPath, ["-e", script], { env: variables, encoding: "utf8" });
    assert.equal(readLongVariable(JSON.parse(stdout), "LONG"), text);
  });
}

test("what is left of a longer one is no part of a shorter one", () => {
  const before = { ...longVariable("LONG", "x".repeat(100_000)), LONGER: "stays", LONG_TERM: "stays" };
  const environment = { ...withoutLongVariable(before, "LONG"), ...longVariable("LONG", "short") };
  assert.deepEqual(environment, { LONG: "short", LONGER: "stays", LONG_TERM: "stays" });
  assert.equal(readLongVariable(environment, "LONG"), "short");
  assert.equal(readLongVariable({}, "LONG"), undefined);
});
