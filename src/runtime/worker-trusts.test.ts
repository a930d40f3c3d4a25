import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { makeAuthority } from "../authority/authority.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { readAuthorities } from "./authorities.ts";
import { silentLogger } from "./logger.ts";
import { type WorkerTrust, WorkerTrusts } from "./worker-trusts.ts";

/** A file of authorities, which the test writes anew, and the settings that name it. */
function setUp(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "skein-trusts-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "ca.pem");
  const put = (text: string): void => writeFileSync(file, text);
  const time = new VirtualTime();
  const trusts = new WorkerTrusts(new VirtualProcess(time).clock, silentLogger);
  const trusted = (digest: string): WorkerTrust["context"] =>
    trusts.of("web", { ca: { file, digest }, verify: true }).context;
  const [first, second] = [newAuthority(put, file), newAuthority(put, file)];
  put(first.text);
  return { time, put, trusted, first, second };
}

function newAuthority(put: (text: string) => void, file: string): { text: string; digest: string } {
  const text = makeAuthority("a", { now: Date.now(), days: 30 }).cert;
  put(text);
  const reading = readAuthorities(file);
  return { text, digest: reading.ok ? reading.digest : "" };
}

test("authorities are read once, and again when the settings say that there are others", async (context) => {
  const { time, put, trusted, first, second } = setUp(context);
  const trust = trusted(first.digest);
  put(second.text);
  await time.run(60_000);
  assert.equal(trusted(first.digest), trust);
  assert.notEqual(trusted(second.digest), trust);
});

test("a file that is not yet what the settings say is read again after a time, until it is", async (context) => {
  const { time, put, trusted, second } = setUp(context);
  const trust = trusted(second.digest);
  await time.run(5_000);
  assert.equal(trusted(second.digest), trust, "nothing has changed: the very same");
  put(second.text);
  await time.run(4_000);
  assert.equal(trusted(second.digest), trust, "not at every connection");
  await time.run(1_000);
  assert.notEqual(trusted(second.digest), trust);
});
