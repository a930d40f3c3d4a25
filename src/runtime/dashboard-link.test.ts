import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dashboardLink } from "./dashboard-link.ts";

test("the link bears the token at a terminal alone, and in the fragment", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-link-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "token");
  assert.equal(dashboardLink("http://127.0.0.1:7600", file, true), "http://127.0.0.1:7600/dashboard/");
  writeFileSync(file, "secret-1\n");
  assert.equal(dashboardLink("http://127.0.0.1:7600", file, true), "http://127.0.0.1:7600/#token=secret-1");
  writeFileSync(file, "a+b/c=%d#e\n");
  assert.equal(
    dashboardLink("http://127.0.0.1:7600", file, true),
    "http://127.0.0.1:7600/#token=a%2Bb%2Fc%3D%25d%23e",
  );
  assert.equal(dashboardLink("https://0.0.0.0:7600", file, false), "https://localhost:7600/dashboard/");
});
