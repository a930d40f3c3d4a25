import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeAuthority } from "../authority/authority.ts";
import { authorityFile, authorityIn, authorityOf } from "./authority-file.ts";

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

test("an authority that comes later, or is another one then, is taken; one that cannot be read changes nothing", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-authority-"));
  t.after(() => rmSync(state, { recursive: true }));
  const file = join(state, "tls", "ca.pem");
  const now = authorityOf(authorityFile(undefined, state));
  assert.equal(now(), undefined);
  mkdirSync(join(state, "tls"));
  for (const name of ["a", "b"]) {
    const { cert } = makeAuthority(name, { now: Date.now(), days: 1 });
    writeFileSync(file, cert);
    assert.equal(now()?.trim(), cert.trim());
  }
  const known = now();
  const { pem } = authorityFile(undefined, state);
  writeFileSync(file, "half of");
  assert.equal(now(), known);
  rmSync(file);
  assert.equal(now(), known);
  assert.equal(authorityOf({ file, pem })(), known);
});
