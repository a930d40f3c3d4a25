import assert from "node:assert/strict";
import { test } from "node:test";
import { withCompileCache } from "./compile-cache.ts";

test("compiled code is kept in the private directory", () => {
  assert.deepEqual(withCompileCache({ A: "1" }, "/state"), { A: "1", NODE_COMPILE_CACHE: "/state/compiled" });
});

test("what the user said about it stays", () => {
  const chosen = { NODE_COMPILE_CACHE: "/mine" };
  assert.equal(withCompileCache(chosen, "/state"), chosen);
  const refused = { NODE_DISABLE_COMPILE_CACHE: "1" };
  assert.equal(withCompileCache(refused, "/state"), refused);
});
