import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import { controlIsSecure, readClusterTls, renewClusterTls } from "./cluster-tls.ts";
import { placesIn } from "./places.ts";

const dayMs = 86_400_000;
const month = { now: Date.now(), days: 30 };

test("the control API has TLS beyond loopback, once there is a certificate; a broken one is an error, and never none", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-tls-"));
  t.after(() => rmSync(state, { recursive: true }));
  const places = placesIn(state);
  assert.ok(!controlIsSecure(places, "10.0.0.5"));
  const authority = makeAuthority("cluster", month);
  const [one, other] = [1, 2].map(() => issueCertificate(authority, ["10.0.0.5"], month));
  mkdirSync(join(state, "tls"));
  writeFileSync(places.tls.cert, one!.cert);
  assert.ok(controlIsSecure(places, "10.0.0.5") && !controlIsSecure(places, "127.0.0.1"));
  assert.throws(() => readClusterTls(places, Date.now()), /there is no file .*ca\.pem/);
  writeFileSync(places.tls.ca, authority.cert);
  writeFileSync(places.tls.key, other!.key, { mode: 0o600 });
  assert.throws(() => readClusterTls(places, Date.now()), /key/);
  writeFileSync(places.tls.key, one!.key, { mode: 0o600 });
  const before = readClusterTls(places, Date.now());
  writeFileSync(places.tls.cert, other!.cert);
  writeFileSync(places.tls.key, other!.key);
  assert.notEqual(readClusterTls(places, Date.now()).digest, before.digest);
});

test("a certificate that cannot be read never means plain text", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-tls-"));
  t.after(() => rmSync(state, { recursive: true }));
  const places = placesIn(state);
  const directory = join(state, "tls");
  mkdirSync(directory);
  symlinkSync("/nowhere", places.tls.cert);
  assert.ok(controlIsSecure(places, "10.0.0.5"), "a link to nothing");
  rmSync(directory, { recursive: true });
  symlinkSync("tls", directory);
  assert.ok(controlIsSecure(places, "10.0.0.5"), "a directory that cannot be looked into");
});

test("a certificate out of its time takes the place of none that is in it", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-tls-"));
  t.after(() => rmSync(state, { recursive: true }));
  const places = placesIn(state);
  const authority = makeAuthority("cluster", { now: Date.now() - 90 * dayMs, days: 365 });
  mkdirSync(join(state, "tls"));
  writeFileSync(places.tls.ca, authority.cert);
  const put = (fromDays: number, days: number): void => {
    const { cert, key } = issueCertificate(authority, ["a"], { now: Date.now() + fromDays * dayMs, days });
    writeFileSync(places.tls.cert, cert);
    writeFileSync(places.tls.key, key, { mode: 0o600 });
  };
  put(0, 30);
  const good = readClusterTls(places, Date.now());
  for (const [fromDays, days] of [
    [-60, 30],
    [10, 30],
  ] as const) {
    put(fromDays, days);
    assert.throws(() => renewClusterTls(places, good, Date.now()), /control\.pem is valid from .* only/);
  }
  const dead = readClusterTls(places, Date.now());
  put(-50, 30);
  assert.notEqual(renewClusterTls(places, dead, Date.now()).digest, dead.digest, "neither is in its time");
  put(0, 20);
  assert.notEqual(renewClusterTls(places, good, Date.now()).digest, good.digest);
});
