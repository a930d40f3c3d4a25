import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inheritedNodeFlags } from "./entry.ts";
import { proxyFlags, withoutProxyFlags } from "./proxy-flags.ts";

test("this Node knows the flags of proxies", () => {
  const { status, stderr } = spawnSync(process.execPath, [...proxyFlags, "--eval", ""], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("a supervisor that a proxy starts has the operator's flags, and none of the proxy's", () => {
  const operators = ["--conditions=x", "--max-old-space-size=512"];
  assert.deepEqual(withoutProxyFlags(inheritedNodeFlags([...proxyFlags, ...operators])), operators);
});
