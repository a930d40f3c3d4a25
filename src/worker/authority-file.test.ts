import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeAuthority } from "../authority/authority.ts";
import { authorityIn } from "./authority-file.ts";

test("the authority that was named, else that of the state directory, else none", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-authority-"));
  t.after(() => rmSync(state, { recursive: true }));
  assert.equal(authorityIn(undefined, state), undefined);
  const { cert } = makeAuthority("a", { now: Date.now(), days: 1 });
  mkdirSync(join(state, "tls"));
  writeFileSync(join(state, "tls", "ca.pem"), cert);
  assert.equal(authorityIn(undefined, state)?.trim(), cert.trim());
  const other = join(state, "other.pem");
  writeFileSync(other, "nothing");
  assert.throws(() => authorityIn(other, state), /holds no certificate/);
  assert.throws(() => authorityIn(join(state, "none"), state), /there is no file/);
});
