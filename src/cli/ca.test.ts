import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { makeAuthority } from "../authority/authority.ts";
import { placesIn } from "../runtime/places.ts";
import { init, issue } from "./verbs/ca.ts";

const dayMs = 86_400_000;
const terminal = { columns: 80, out: () => {}, note: () => {}, paint: (_: unknown, text: string) => text };

function setUp(t: TestContext): { dir: string; state: string } {
  const directory = mkdtempSync(join(tmpdir(), "skein-ca-verbs-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return { dir: join(directory, "ca"), state: join(directory, "state") };
}

test("an authority is made once, and its keys and those of hosts are for this user alone", async (t) => {
  const { dir, state } = setUp(t);
  await assert.rejects(issue({ dir, state, host: ["a"] }, terminal), /skein ca init/);
  assert.equal(await init({ dir }, terminal), 0);
  const before = readFileSync(join(dir, "ca.pem"), "utf8");
  await assert.rejects(init({ dir }, terminal), /holds an authority already/);
  assert.equal(readFileSync(join(dir, "ca.pem"), "utf8"), before);
  assert.equal(await issue({ dir, state, host: ["a.internal,10.0.0.5,fd00::5"] }, terminal), 0);
  const { tls } = placesIn(state);
  for (const key of [join(dir, "ca-key.pem"), tls.key]) assert.equal(statSync(key).mode & 0o777, 0o600, key);
  const leaf = new X509Certificate(readFileSync(tls.cert));
  assert.ok(leaf.verify(new X509Certificate(readFileSync(tls.ca)).publicKey));
  for (const address of ["10.0.0.5", "fd00::5", "127.0.0.1", "::1"])
    assert.ok(leaf.checkIP(address), address);
  for (const name of ["a.internal", "localhost"]) assert.ok(leaf.checkHost(name), name);
});

test("a key is for this user alone whatever an earlier try has left", async (t) => {
  const { dir, state } = setUp(t);
  await init({ dir }, terminal);
  const { tls } = placesIn(state);
  mkdirSync(join(tls.key, ".."), { recursive: true });
  for (const left of [tls.key, `${tls.key}.new`]) writeFileSync(left, "half", { mode: 0o644 });
  await issue({ dir, state, host: ["a"] }, terminal);
  assert.equal(statSync(tls.key).mode & 0o777, 0o600);
});

test("half an authority is told by both verbs, with what is missing and the way out", async (t) => {
  const { dir, state } = setUp(t);
  const [cert, key] = [join(dir, "ca.pem"), join(dir, "ca-key.pem")];
  for (const [missing, left] of [
    [cert, key],
    [key, cert],
  ] as const) {
    await init({ dir }, terminal);
    rmSync(missing);
    const told = new RegExp(`half an authority: ${missing} is missing.*remove ${left}`);
    await assert.rejects(init({ dir }, terminal), told);
    await assert.rejects(issue({ dir, state, host: ["a"] }, terminal), told);
    rmSync(left);
  }
});

test("a file is no place for an authority", async (t) => {
  const { state } = setUp(t);
  const wrong = { exitCode: 2, message: `--dir ${import.meta.filename}: it is a file; name a directory` };
  await assert.rejects(init({ dir: import.meta.filename }, terminal), wrong);
  await assert.rejects(issue({ dir: import.meta.filename, state, host: ["a"] }, terminal), wrong);
});

test("issued again, a host has another certificate of the same authority", async (t) => {
  const { dir, state } = setUp(t);
  await init({ dir }, terminal);
  const { tls } = placesIn(state);
  const serials = new Set<string>();
  for (let round = 0; round < 2; round += 1) {
    await issue({ dir, state, host: ["10.0.0.5"], days: "30" }, terminal);
    serials.add(new X509Certificate(readFileSync(tls.cert)).serialNumber);
  }
  assert.equal(serials.size, 2);
});

test("what is no host, and no number of days, is refused", async (t) => {
  const { dir, state } = setUp(t);
  await init({ dir }, terminal);
  for (const host of ["", "a b", "http://a", "a/b", "ä", "1.2.3.4:80", "a:80", "::1:x"]) {
    await assert.rejects(issue({ dir, state, host: [host] }, terminal), /name or an IP address/, host);
  }
  for (const days of ["0", "826", "soon"]) {
    await assert.rejects(issue({ dir, state, host: ["a"], days }, terminal), /from 1 to 825/);
  }
});

test("what is told is when the certificate ends, also where its authority ends before; an ended one issues nothing", async (t) => {
  const { dir, state } = setUp(t);
  const now = Date.now();
  const said: string[] = [];
  const listening = { ...terminal, note: (text: string) => void said.push(text) };
  const authorityWith = (daysLeft: number): void => {
    const made = makeAuthority("c", { now: now + (daysLeft - 100) * dayMs, days: 100 });
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "ca.pem"), made.cert);
    writeFileSync(join(dir, "ca-key.pem"), made.key);
  };
  const dayIn = (days: number): string => new Date(now + days * dayMs).toISOString().slice(0, 10);
  authorityWith(5);
  await issue({ dir, state, host: ["a"] }, listening);
  assert.match(said.at(-1) ?? "", new RegExp(`until ${dayIn(5)} \\(its authority ends then\\)`));
  assert.match(said.at(-1) ?? "", /runs with one takes it within a minute, any other when it is stopped/);
  const before = readFileSync(placesIn(state).tls.cert, "utf8");
  authorityWith(-1);
  await assert.rejects(issue({ dir, state, host: ["a"] }, listening), /ended at .*skein ca init/);
  assert.equal(readFileSync(placesIn(state).tls.cert, "utf8"), before, "the one before stays");
});
