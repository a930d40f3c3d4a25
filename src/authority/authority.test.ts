import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer } from "node:tls";
import { issueCertificate, makeAuthority } from "./authority.ts";

const now = Date.parse("2026-11-25T12:00:00Z");
const years = { now: Date.now(), days: 3650 };
const month = { now: Date.now(), days: 30 };

test("what an authority issues names its hosts, is signed by it, and can sign nothing itself", () => {
  const authority = makeAuthority("cluster", { now, days: 3650 });
  const { cert } = issueCertificate(
    authority,
    ["gateway.internal", "10.0.0.5", "::1", "fd00::a:5", "::ffff:10.0.0.7"],
    { now, days: 90 },
  );
  const [ca, leaf] = [new X509Certificate(authority.cert), new X509Certificate(cert)];
  assert.ok(ca.ca && !leaf.ca);
  assert.ok(leaf.checkIssued(ca) && leaf.verify(ca.publicKey));
  assert.equal(leaf.checkHost("gateway.internal"), "gateway.internal");
  for (const address of ["10.0.0.5", "::1", "fd00::a:5", "::ffff:10.0.0.7"])
    assert.ok(leaf.checkIP(address), address);
  assert.equal(leaf.checkIP("10.0.0.6"), undefined);
  assert.deepEqual(
    [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)],
    [now - 3_600_000, now + 90 * 86_400_000],
  );
});

test("nothing outlives its authority", () => {
  const authority = makeAuthority("cluster", { now, days: 10 });
  const { cert } = issueCertificate(authority, ["a"], { now, days: 90 });
  assert.equal(new X509Certificate(cert).validTo, new X509Certificate(authority.cert).validTo);
});

test("an authority that has ended issues nothing", () => {
  const authority = makeAuthority("cluster", { now: now - 20 * 86_400_000, days: 10 });
  assert.throws(() => issueCertificate(authority, ["a"], { now, days: 90 }), /ended at Nov 15/);
});

test("a handshake with it succeeds for who trusts that authority, and for nobody else", async (t) => {
  const authority = makeAuthority("cluster", years);
  const other = makeAuthority("cluster", years);
  const server = createServer(issueCertificate(authority, ["127.0.0.1"], month), (socket) => socket.end());
  server.on("tlsClientError", () => {});
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const shake = async (ca: string, host = "127.0.0.1"): Promise<string> => {
    const socket = connect({ port, host, ca });
    t.after(() => socket.destroy());
    return new Promise((resolve) => {
      socket.on("secureConnect", () => resolve("ok"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  };
  assert.equal(await shake(authority.cert), "ok");
  assert.match(await shake(other.cert), /SIGNATURE|SELF_SIGNED|UNABLE|ISSUER/);
  assert.equal(await shake(authority.cert, "127.0.0.2").catch(String), "ECONNREFUSED");
});

test("an authority with another key, or of another making, is refused", () => {
  const [one, other] = [makeAuthority("cluster", years), makeAuthority("cluster", years)];
  assert.throws(() => issueCertificate({ cert: one.cert, key: other.key }, ["a"], month), /not made by/);
});
