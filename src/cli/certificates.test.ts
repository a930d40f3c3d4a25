import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateState, GatewayStatus } from "../protocol/supervision.ts";
import { certificateFaults, certificateLines, undecided } from "./certificates.ts";

const fresh: CertificateState = {
  file: "/a.pem",
  wanted: "new",
  digest: "new",
  names: ["a.test", "*.a.test"],
  notAfter: 1_798_222_661,
  fault: null,
};

function statusOf(...states: (CertificateState | null)[]): GatewayStatus {
  const proxies = states.map((state, at) => ({ name: `proxy-${at + 1}`, state }));
  return { certificates: [{ file: "/a.pem", digest: "new", proxies }] } as unknown as GatewayStatus;
}

const terminal = { columns: 80, out() {}, note() {}, paint: (_: string, text: string): string => text };

test("who has not told yet, or only of the certificate before", () => {
  assert.deepEqual(undecided(statusOf(fresh, fresh)), []);
  assert.deepEqual(undecided(statusOf(fresh, null)), ["proxy-2"]);
  assert.deepEqual(undecided(statusOf({ ...fresh, wanted: "old", digest: "old" }, fresh)), ["proxy-1"]);
  assert.deepEqual(undecided(statusOf({ ...fresh, digest: "newer still" })), []);
  assert.deepEqual(undecided({} as GatewayStatus), [], "of an older version");
});

test("faults, with what is done instead", () => {
  assert.deepEqual(certificateFaults(statusOf(fresh)), []);
  const [kept, waiting] = certificateFaults(
    statusOf(
      { ...fresh, digest: "old", fault: "there is no file /a.pem" },
      { ...fresh, digest: "", fault: "/a.pem is bad" },
    ),
  );
  assert.match(kept ?? "", /^proxy-1: there is no file \/a\.pem; the one before stays in use, /);
  assert.match(
    waiting ?? "",
    /^proxy-2: \/a\.pem is bad; its listener waits for it, or serves with the others, /,
  );
});

test("the certificate of the control API stands below those of the listeners, or alone", () => {
  const controlCertificate = { file: "/s/tls/control.pem", notAfter: fresh.notAfter };
  const row = /^\/s\/tls\/control\.pem +the control API +2026-12-25 *$/;
  const both = certificateLines({ ...statusOf(fresh), controlCertificate }, terminal);
  assert.match(both[2] ?? "", /^\/a\.pem /);
  assert.match(both[3] ?? "", row);
  const alone = { certificates: [], controlCertificate } as unknown as GatewayStatus;
  assert.match(certificateLines(alone, terminal)[2] ?? "", row);
});

test("the table", () => {
  const lines = certificateLines(statusOf(fresh, { ...fresh, digest: "old", fault: "x" }), terminal);
  assert.match(lines[1] ?? "", /^CERTIFICATE +FOR +UNTIL +PROXIES$/);
  assert.match(lines[2] ?? "", /^\/a\.pem +a\.test \*\.a\.test +2026-12-25 +1 of 2$/);
  assert.match(lines[3] ?? "", /^proxy-2: x; /);
  assert.deepEqual(certificateLines({ certificates: [] } as unknown as GatewayStatus, terminal), []);
});
