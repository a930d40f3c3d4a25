import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { proxyFlags } from "./proxy-flags.ts";

test("this Node knows the flags of proxies", () => {
  const { status, stderr } = spawnSync(process.execPath, [...proxyFlags, "--eval", ""], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});
