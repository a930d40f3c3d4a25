import assert from "node:assert/strict";
import { test } from "node:test";
import type { SkeinConfig } from "./config.ts";
import { Issues } from "./issues.ts";
import { resolveJoin } from "./role.ts";

function resolved(config: SkeinConfig): { join: string[] | undefined; issues: string } {
  const issues = new Issues();
  const join = resolveJoin(config, issues);
  return { join, issues: issues.list.map(({ message }) => message).join() };
}

test("proxies alone follow controllers, with TLS unless plain text is written", () => {
  const join = ["10.0.0.5:7600", "http://10.0.0.6:7600", "https://gateway.example", "127.0.0.1:7600"];
  const urls = [
    "https://10.0.0.5:7600",
    "http://10.0.0.6:7600",
    "https://gateway.example",
    "http://127.0.0.1:7600",
  ];
  assert.deepEqual(resolved({ role: "proxy", join }), { join: urls, issues: "" });
  assert.deepEqual(resolved({ role: "proxy", join: "10.0.0.5:7600" }).join, ["https://10.0.0.5:7600"]);
  assert.deepEqual(resolved({}), { join: undefined, issues: "" });
});

test("the one without the other, and what is no address, is told", () => {
  assert.match(resolved({ role: "proxy" }).issues, /need controllers/);
  assert.match(resolved({ join: "10.0.0.5:7600" }).issues, /proxies only/);
  for (const join of ["", "a b", "ftp://a", "http://a/path", "http://u:p@a"]) {
    assert.match(resolved({ role: "proxy", join }).issues, /no address/, join);
  }
});
