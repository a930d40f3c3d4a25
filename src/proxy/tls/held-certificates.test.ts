import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateReading } from "../../runtime/certificate.ts";
import { HeldCertificates } from "./held-certificates.ts";

/** Files of which the test says what is in them; a text is what is wrong with them. */
function setUp() {
  const contents = new Map<string, { digest: string } | string>();
  let reads = 0;
  const held = new HeldCertificates(({ cert }): CertificateReading => {
    reads += 1;
    const content = contents.get(cert) ?? "there is no file";
    if (typeof content === "string") return { ok: false, fault: { of: "cert", message: content } };
    const certificate = { cert: "", key: "", digest: content.digest, names: ["a.test"], notAfter: 5_000 };
    return { ok: true, certificate, warnings: [] };
  });
  const put = (file: string, content: { digest: string } | string): void => void contents.set(file, content);
  return { held, put, reads: () => reads };
}

const wanted = (digest: string, cert = "/a.pem") => ({ cert, key: "/a.key", digest });

test("files are read once, and again when they are said to have changed", () => {
  const { held, put, reads } = setUp();
  put("/a.pem", { digest: "1" });
  held.want([wanted("1"), wanted("1")]);
  held.want([wanted("1")]);
  assert.equal(reads(), 1);
  put("/a.pem", { digest: "2" });
  held.want([wanted("1")]);
  assert.equal(held.get(wanted("1"))?.digest, "1");
  held.want([wanted("2")]);
  assert.equal(held.get(wanted("2"))?.digest, "2");
  assert.equal(reads(), 2);
  assert.deepEqual(held.states, [
    { file: "/a.pem", wanted: "2", digest: "2", names: ["a.test"], notAfter: 5, fault: null },
  ]);
});

test("what is in use and is not what is wanted is no reason to rest: the next table has it read again", () => {
  const { held, put, reads } = setUp();
  put("/a.pem", { digest: "1" });
  held.want([wanted("2")]);
  const first = held.get(wanted("2"));
  held.want([wanted("2")]);
  assert.equal(held.get(wanted("2")), first, "nothing has changed: the very same");
  assert.equal(reads(), 2);
  put("/a.pem", { digest: "2" });
  held.want([wanted("2")]);
  assert.equal(held.get(wanted("2"))?.digest, "2");
});

test("that another host has a newer one has the files read once, and leaves open what this host wants", () => {
  const { held, put, reads } = setUp();
  put("/a.pem", { digest: "1" });
  held.want([wanted("1")]);
  held.want([{ ...wanted("1"), stored: "2" }]);
  held.want([{ ...wanted("1"), stored: "2" }]);
  held.want([wanted("1")]);
  assert.equal(reads(), 2);
  put("/a.pem", { digest: "3" });
  held.want([{ ...wanted("1"), stored: "3" }]);
  assert.deepEqual(
    held.states.map(({ wanted, digest }) => [wanted, digest]),
    [["1", "3"]],
  );
});

test("what does not fit leaves what was there, until it fits", () => {
  const { held, put } = setUp();
  put("/a.pem", { digest: "1" });
  held.want([wanted("1")]);
  const first = held.get(wanted("1"));
  put("/a.pem", "it is bad");
  held.want([wanted("2")]);
  assert.equal(held.get(wanted("2")), first, "the very same: its connections and tickets go on");
  assert.equal(held.faulty, true);
  assert.deepEqual(
    held.states.map(({ wanted, digest, fault }) => [wanted, digest, fault]),
    [["2", "1", "it is bad"]],
  );
  assert.equal(held.tryAgain(), false);
  put("/a.pem", { digest: "3" });
  assert.equal(held.tryAgain(), true);
  assert.equal(held.get(wanted("2"))?.digest, "3", "newer still than what the configuration had seen");
  assert.equal(held.faulty, false);
});

test("a faulty one is read again by the next table, also one that says nothing new", () => {
  const { held, put } = setUp();
  held.want([wanted("1")]);
  assert.equal(held.get(wanted("1")), undefined);
  assert.equal(held.states[0]?.digest, "");
  put("/a.pem", { digest: "1" });
  held.want([wanted("1")]);
  assert.equal(held.get(wanted("1"))?.digest, "1");
});

test("what is wanted no more is forgotten", () => {
  const { held, put } = setUp();
  put("/a.pem", { digest: "1" });
  held.want([wanted("1"), wanted("1", "/b.pem")]);
  assert.equal(held.faulty, true);
  held.want([wanted("1")]);
  assert.equal(held.faulty, false);
  held.want([]);
  assert.deepEqual(held.states, []);
});

test("what is told of a file with two keys is one state, and what is wrong with either", () => {
  const held = new HeldCertificates(({ cert, key }): CertificateReading => {
    if (key === "/bad.key") return { ok: false, fault: { of: "key", message: "does not belong to it" } };
    const certificate = { cert, key: "", digest: "1", names: ["a.test"], notAfter: -5_000 };
    return { ok: true, certificate, warnings: [] };
  });
  const keys = ["/bad.key", "/a.key", "/b.key"].map((key) => ({ cert: "/a.pem", key, digest: "1" }));
  held.want(keys);
  assert.deepEqual(
    held.states.map(({ file, fault }) => [file, fault]),
    [["/a.pem", "does not belong to it"]],
  );
  held.want(keys.slice(1));
  assert.deepEqual(
    held.states.map(({ fault, notAfter }) => [fault, notAfter]),
    [[null, 0]],
    "an end before 1970 is none that a counter can bear",
  );
});
