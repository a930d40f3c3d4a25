import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { type LastKnown, LastKnownFile } from "./last-known.ts";
import { headRecord, identityRecord } from "./testing-records.ts";

function fileFor(t: TestContext): { directory: string; path: string; open: () => LastKnownFile } {
  const directory = mkdtempSync(join(tmpdir(), "skein-last-known-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "etcd.json");
  return { directory, path, open: () => new LastKnownFile(path, systemClock, silentLogger) };
}

const known: LastKnown = {
  clusterId: "7",
  prefix: "skein",
  revision: 9,
  keyValues: [identityRecord(5), headRecord(9)],
};

test("what was known is there for the next start, whole and for this user alone", async (t) => {
  const { directory, path, open } = fileFor(t);
  const file = open();
  file.changed(() => ({ ...known, revision: 8 }));
  file.changed(() => known);
  await file.close();
  assert.deepEqual(open().read("skein"), known);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ["etcd.json"]);
});

test("what is not whole at that moment is not kept: what was there before stays", async (t) => {
  const { open } = fileFor(t);
  const file = open();
  file.changed(() => known);
  await file.close();
  file.changed(() => undefined);
  await file.close();
  assert.deepEqual(open().read("skein"), known);
});

test("a file of another prefix, another format, or damaged, is none", async (t) => {
  const { path, open } = fileFor(t);
  assert.equal(open().read("skein"), undefined);
  const file = open();
  file.changed(() => known);
  await file.close();
  assert.equal(open().read("other"), undefined);
  for (const text of ["", "{", "null", '{"v":2}', '{"v":1,"prefix":"skein","clusterId":"7"}']) {
    writeFileSync(path, text);
    assert.equal(open().read("skein"), undefined, text);
  }
});

test("a directory that cannot be written keeps nobody from working", async (t) => {
  const { directory } = fileFor(t);
  const file = new LastKnownFile(join(directory, "missing", "etcd.json"), systemClock, silentLogger);
  file.changed(() => known);
  await file.close();
});

test("a write that fails leaves nothing behind", async (t) => {
  const { directory, path, open } = fileFor(t);
  mkdirSync(path);
  const file = open();
  for (let times = 0; times < 3; times += 1) {
    file.changed(() => known);
    await file.close();
  }
  assert.deepEqual(readdirSync(directory), ["etcd.json"]);
});

test("what killed writers left is removed at the next start; what another writes now is not", async (t) => {
  const { directory, path, open } = fileFor(t);
  const file = open();
  file.changed(() => known);
  await file.close();
  const anHourAgo = Date.now() / 1000 - 3600;
  for (const name of ["etcd.json.new-old", "other.json.new-old"]) {
    writeFileSync(join(directory, name), "{");
    utimesSync(join(directory, name), anHourAgo, anHourAgo);
  }
  writeFileSync(`${path}.new-young`, "{");
  assert.deepEqual(open().read("skein"), known);
  assert.deepEqual(readdirSync(directory).sort(), ["etcd.json", "etcd.json.new-young", "other.json.new-old"]);
});
