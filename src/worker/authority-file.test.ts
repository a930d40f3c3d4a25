import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, createServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import { becomeUser } from "../runtime/testing-user.ts";
import { authorityFile, authorityIn, authorityOf, remedyOf } from "./authority-file.ts";

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
  assert.equal(authorityFile(relative(process.cwd(), file), "").file, file);
  const known = now();
  const { pem } = authorityFile(undefined, state);
  writeFileSync(file, "half of");
  assert.equal(now(), known);
  rmSync(file);
  assert.equal(now(), known);
  assert.equal(authorityOf({ file, pem })(), known);
});

/** Shakes hands with a server whose authority the system knows, by `now` at that moment. */
async function knownToTheSystem(t: TestContext, now: () => string | undefined) {
  const systems = getCACertificates("default");
  const known = makeAuthority("known to the system", { now: Date.now(), days: 1 });
  const server = createServer(issueCertificate(known, ["127.0.0.1"], { now: Date.now(), days: 1 }));
  server.on("tlsClientError", () => {});
  t.after(() => {
    setDefaultCACertificates(systems);
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  setDefaultCACertificates([known.cert]);
  const shake = async (): Promise<unknown> => {
    const ca = now();
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: "127.0.0.1", ...(ca === undefined ? {} : { ca }) });
    t.after(() => socket.destroy());
    return once(socket, "secureConnect");
  };
  return { cert: known.cert, shake };
}

test("one that comes later and cannot be used vouches for nobody, and not for the system's", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-authority-"));
  t.after(() => rmSync(state, { recursive: true }));
  const { shake } = await knownToTheSystem(t, authorityOf(authorityFile(undefined, state)));
  await shake();
  mkdirSync(join(state, "tls"));
  const file = join(state, "tls", "ca.pem");
  writeFileSync(file, "half of");
  await assert.rejects(shake(), /certificate/);
  rmSync(file);
  symlinkSync(`${file}.new`, file);
  await assert.rejects(shake(), /certificate/);
  assert.throws(() => authorityIn(undefined, state), /there is no file/);
});

test("in a state directory of another user's it vouches for nobody, until it may be read; one that was named is an error", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-authority-"));
  const file = join(state, "tls", "ca.pem");
  mkdirSync(join(state, "tls"));
  chmodSync(state, 0);
  const asUser = becomeUser();
  t.after(() => {
    asUser.back();
    chmodSync(state, 0o755);
    rmSync(state, { recursive: true });
  });
  const found = authorityFile(undefined, state);
  assert.throws(() => authorityFile(file, state), /ca: this user may not read /);
  assert.throws(() => authorityIn(undefined, state), /ca: this user may not read /);
  const { cert, shake } = await knownToTheSystem(t, authorityOf(found));
  await assert.rejects(shake(), /certificate/);
  assert.match(remedyOf(found), /^this user may not read .*\bSKEIN_CA$/);
  asUser.back();
  chmodSync(state, 0o755);
  assert.match(remedyOf(found), /^name .* SKEIN_CA$/);
  await assert.rejects(shake(), /certificate/, "nothing is there: it does not become the system's");
  writeFileSync(file, cert);
  await shake();
  assert.equal(remedyOf(found), `it is not vouched for by ${file}: is that the ca.pem of this cluster?`);
});
