import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { credentialsOf } from "./credentials.ts";

function scene(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "skein-credentials-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const said: unknown[] = [];
  const surroundings = {
    clock: new VirtualProcess(new VirtualTime()).clock,
    logger: { warn: (fields: { error: string }) => void said.push(fields.error) },
  };
  const settings = { endpoints: [], prefix: "skein" };
  return { file: (name: string) => join(directory, name), said, surroundings, settings };
}

test("a password is read anew each time; while the file says none, what it said before counts, and is complained of once", (t) => {
  const { file, said, surroundings, settings } = scene(t);
  const passwordFile = file("password");
  const given = { ...settings, user: { name: "skein", passwordFile } };
  assert.throws(() => credentialsOf(given, surroundings), /password for etcd cannot be read/);
  writeFileSync(passwordFile, "one\n");
  const { user } = credentialsOf(given, surroundings);
  writeFileSync(passwordFile, "two\n");
  assert.deepEqual(user?.(), { name: "skein", password: "two" });
  writeFileSync(passwordFile, "");
  for (let time = 0; time < 2; time += 1) assert.equal(user?.().password, "two");
  assert.match(said.join("; "), /^[^;]+ is empty; it should hold the password for etcd$/);
  writeFileSync(passwordFile, "three\n");
  assert.equal(user?.().password, "three");
});

test(
  "between a new certificate and its key the pair of before counts; at first it is an error",
  { skip: noOpenssl },
  (t) => {
    const { file, said, surroundings, settings } = scene(t);
    const authority = new TestAuthority(t);
    const [before, after] = [authority.issue([]), authority.issue([])];
    const own = { cert: file("cert.pem"), key: file("key.pem") };
    copyFileSync(before.cert, own.cert);
    copyFileSync(after.key, own.key);
    const given = { ...settings, tls: own };
    assert.throws(
      () => credentialsOf(given, surroundings),
      /cannot be used for etcd \(.*key values mismatch/,
    );
    copyFileSync(before.key, own.key);
    const { tls } = credentialsOf(given, surroundings);
    copyFileSync(after.cert, own.cert);
    assert.deepEqual(tls?.().cert, readFileSync(before.cert));
    assert.equal(said.length, 1);
    copyFileSync(after.key, own.key);
    assert.deepEqual(tls?.(), { cert: readFileSync(after.cert), key: readFileSync(after.key) });
  },
);
