import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type CertificateWishes, noOpenssl, TestAuthority } from "../../test/certificates.ts";
import { readAuthorities } from "./authorities.ts";
import { readCertificate } from "./certificate.ts";
import { becomeUser } from "./testing-user.ts";

const skip = noOpenssl;
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});
const authority = skip === false ? new TestAuthority({ after: (close) => closers.push(close) }) : undefined;
const directory = authority?.directory ?? "";

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function read(cert: string, key: string, wallTime = Date.now()) {
  return readCertificate({ cert, key }, wallTime);
}

function faultOf(cert: string, key: string): string {
  const reading = read(cert, key);
  assert.ok(!reading.ok);
  return `${reading.fault.of}: ${reading.fault.message}`;
}

test("a certificate with its key, and with those between it and the authority", { skip }, () => {
  const { cert, key } = authority!.issue(["A.test", "*.b.test", "127.0.0.1"], { chain: true, key: "rsa" });
  const reading = read(cert, key);
  assert.ok(reading.ok, JSON.stringify(reading));
  assert.deepEqual(reading.certificate.names, ["a.test", "*.b.test"]);
  assert.equal(reading.certificate.cert.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.match(reading.certificate.digest, /^[0-9a-f]{16}$/);
  assert.deepEqual(reading.warnings, []);
});

test(
  "the digest is of the certificates alone: words around them and the key's form do not matter",
  { skip },
  () => {
    const { cert, key } = authority!.issue(["a.test"]);
    const digestOf = (certFile: string, keyFile: string): string => {
      const reading = read(certFile, keyFile);
      assert.ok(reading.ok, JSON.stringify(reading));
      return reading.certificate.digest;
    };
    const words = write("words.pem", `subject=a.test\n${readFileSync(cert, "utf8")}\n`);
    const ec = spawnSync("openssl", ["ec", "-in", key], { encoding: "utf8" }).stdout;
    const traditional = write("traditional.key", ec);
    assert.match(ec, /BEGIN EC PRIVATE KEY/);
    assert.equal(digestOf(words, traditional), digestOf(cert, key));
    const other = authority!.issue(["a.test"]);
    assert.notEqual(digestOf(other.cert, other.key), digestOf(cert, key));
  },
);

test("files that cannot be used, each with what to do", { skip }, () => {
  const { cert, key } = authority!.issue(["a.test"]);
  const other = authority!.issue(["b.test"]);
  const text = readFileSync(cert, "utf8");
  const none = join(directory, "none.pem");
  assert.equal(faultOf(none, key), `cert: there is no file ${none}`);
  assert.equal(faultOf(cert, none), `key: there is no file ${none}`);
  const folder = join(directory, "folder");
  mkdirSync(folder);
  assert.equal(faultOf(folder, key), `cert: ${folder} is not a file; name a file`);
  assert.match(faultOf(write("empty.pem", ""), key), /^cert: .*holds no certificate in PEM form/);
  assert.match(faultOf(key, key), /^cert: .*holds a private key; are cert and key exchanged\?$/);
  assert.match(faultOf(cert, cert), /^key: .*holds a certificate; are cert and key exchanged\?$/);
  assert.match(faultOf(cert, write("empty.key", "\n")), /^key: .*holds no private key in PEM form/);
  assert.match(
    faultOf(cert, other.key),
    /^key: the key in .* does not belong to the certificate in .*; name the two/,
  );
  const cut = write("cut.pem", text.replace(/\n.{20}/, "\n"));
  assert.match(faultOf(cut, key), /^cert: certificate 1 in .*cut\.pem cannot be read \(/);
  const second = write("second.pem", text + text.replace(/\n.{20}/, "\n"));
  assert.match(faultOf(second, key), /^cert: certificate 2 in .* cannot be read/);
  const wrongOrder = write("order.pem", authority!.caText + text);
  assert.match(faultOf(wrongOrder, key), /^cert: .*must be the first in the file, it is number 2; put/);
  const cutKey = write("cut.key", readFileSync(key, "utf8").replace(/\n.{20}/, "\n"));
  assert.match(faultOf(cert, cutKey), /^key: the private key in .*cut\.key cannot be read \(/);
});

test("an encrypted key, in either form, is refused with the way out", { skip }, () => {
  const { cert, key } = authority!.issue(["a.test"]);
  for (const form of ["pkey", "ec"]) {
    const file = join(directory, `encrypted-${form}.key`);
    const args = [form, "-in", key, "-aes256", "-passout", "pass:secret", "-out", file];
    const { status } = spawnSync("openssl", args);
    assert.equal(status, 0);
    assert.match(
      faultOf(cert, file),
      /^key: the key in .* is encrypted; write it without a passphrase: openssl pkey -in /,
    );
  }
});

test("a key that is too short for TLS is refused at the check, not at the first handshake", { skip }, () => {
  const file = join(directory, "short");
  const args = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=a.test", "-days", "3"];
  const { status } = spawnSync("openssl", [...args, "-keyout", `${file}.key`, "-out", `${file}.pem`]);
  assert.equal(status, 0);
  assert.match(
    faultOf(`${file}.pem`, `${file}.key`),
    /^cert: .* cannot be used for TLS \(ERR_SSL_EE_KEY_TOO_SMALL\)$/,
  );
});

test("a file that this user may not read", { skip }, () => {
  const { cert, key } = authority!.issue(["a.test"]);
  chmodSync(directory, 0o755);
  chmodSync(key, 0);
  const asUser = becomeUser();
  try {
    assert.match(faultOf(cert, key), /^key: this user may not read .*; let it, or run as one who may$/);
  } finally {
    asUser.back();
  }
});

test("out of its time, for nobody, open to everybody: warnings", { skip }, () => {
  const warningsOf = ({ cert, key }: { cert: string; key: string }, wallTime?: number): string[] => {
    const reading = read(cert, key, wallTime);
    assert.ok(reading.ok, JSON.stringify(reading));
    return reading.warnings.map(({ of, message }) => `${of}: ${message}`);
  };
  const fine = authority!.issue(["a.test"]);
  assert.deepEqual(warningsOf(fine), []);
  const year = 365 * 86_400_000;
  assert.match(warningsOf(fine, Date.now() + year).join(), /^cert: .* has expired \(/);
  assert.match(warningsOf(fine, Date.now() - year).join(), /^cert: .* is not valid before /);
  assert.match(warningsOf(authority!.issue([])).join(), /^cert: .* names no host/);
  const stranger = authority!.selfSigned("b.test");
  const { cert, key } = authority!.issue(["a.test"]);
  writeFileSync(cert, readFileSync(cert, "utf8") + readFileSync(stranger.cert, "utf8"));
  assert.match(
    warningsOf({ cert, key }).join(),
    /^cert: the second certificate in .* is not that of the first one's issuer$/,
  );
  chmodSync(fine.key, 0o644);
  assert.match(warningsOf(fine).join(), /^key: every user of this host can read /);
});

test("authorities: one or many; none is a fault and never everybody", { skip }, () => {
  const reading = readAuthorities(authority!.ca);
  assert.ok(reading.ok);
  assert.equal(reading.certificates.length, 1);
  const none = readAuthorities(write("no-ca.pem", "nothing"));
  assert.ok(!none.ok);
  assert.match(none.fault, /holds no certificate in PEM form/);
  const broken = readAuthorities(write("bad-ca.pem", authority!.caText.replace(/\n.{20}/, "\n")));
  assert.ok(!broken.ok);
  assert.match(broken.fault, /certificate 1 in .* cannot be read/);
});

const weaknesses: [what: string, wishes: CertificateWishes, warning: RegExp | ""][] = [
  ["for clients alone", { use: "clientAuth" }, /is not for servers/],
  ["for servers", { use: "serverAuth" }, ""],
  ["of a curve that browsers do not know", { key: "secp256k1" }, /of the curve secp256k1: .* prime256v1/],
  ["of Ed25519", { key: "ed25519" }, ""],
  ["of RSA", { key: "rsa" }, ""],
  ["signed by way of SHA-1", { digest: "sha1" }, /SHA-1|cannot be used for TLS .*MD_TOO_WEAK/],
];

for (const [what, wishes, warning] of weaknesses)
  test(`a certificate ${what}: ${warning === "" ? "no warning" : "told"}`, { skip }, () => {
    const { cert, key } = authority!.issue(["a.test"], wishes);
    const reading = read(cert, key);
    const said = reading.ok ? reading.warnings.map(({ message }) => message).join() : reading.fault.message;
    if (warning === "") assert.equal(said, "");
    else assert.match(said, warning);
  });

test(
  "a certificate whose end cannot be read is refused: nobody would take it, and nobody could tell when it ends",
  { skip },
  () => {
    const { cert, key } = authority!.issue(["a.test"]);
    const body = readFileSync(cert, "utf8").replace(/-----[^-]+-----|\s/g, "");
    const der = Buffer.from(body, "base64");
    const year = String(new Date().getUTCFullYear()).slice(2);
    // The first time is that of the beginning; each is thirteen characters behind their length.
    const at = der.indexOf(Buffer.from([0x17, 13]), der.indexOf(`\x17\x0d${year}`, 0, "latin1") + 1);
    der.write("xx", at + 2);
    writeFileSync(
      cert,
      `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`,
    );
    const reading = read(cert, key);
    assert.ok(!reading.ok);
    assert.match(reading.fault.message, /when the certificate in .* ends cannot be read/);
  },
);
