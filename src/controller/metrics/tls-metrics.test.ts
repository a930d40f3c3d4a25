import assert from "node:assert/strict";
import { test } from "node:test";
import { plainReport } from "./testing-report.ts";
import { textOf } from "./text-format.ts";
import { tlsMetrics } from "./tls-metrics.ts";

const tls = {
  pending: 2,
  handshakes: 10,
  resumed: 4,
  failed: { version: 1, timeout: 3 },
  workersFailed: { CERT_HAS_EXPIRED: 5 },
  certificates: [
    { file: "/a.pem", notAfter: 1_800_000_000, faulty: false },
    { file: "/b.pem", notAfter: 0, faulty: true },
  ],
};
const reports = [{ ...plainReport, proxy: "proxy-1", tls }, plainReport];

test("what proxies tell of TLS, and until when the control API has a certificate; an older proxy tells nothing", () => {
  const certificate = { file: "/tls/control.pem", notAfter: 1_900_000_000_000 };
  const lines = textOf(
    tlsMetrics(
      () => reports,
      () => certificate,
    ),
  )
    .split("\n")
    .filter((line) => line.startsWith("skein"));
  assert.deepEqual(lines, [
    'skein_tls_handshakes_pending{proxy="proxy-1"} 2',
    'skein_tls_handshakes_total{proxy="proxy-1",resumed="yes"} 4',
    'skein_tls_handshakes_total{proxy="proxy-1",resumed="no"} 6',
    'skein_tls_handshake_failures_total{proxy="proxy-1",cause="version"} 1',
    'skein_tls_handshake_failures_total{proxy="proxy-1",cause="timeout"} 3',
    'skein_worker_tls_failures_total{proxy="proxy-1",code="CERT_HAS_EXPIRED"} 5',
    'skein_tls_certificate_expiry_seconds{proxy="proxy-1",file="/a.pem"} 1800000000',
    'skein_tls_certificate_expiry_seconds{proxy="",file="/tls/control.pem"} 1900000000',
    'skein_tls_certificate_faulty{proxy="proxy-1",file="/a.pem"} 0',
    'skein_tls_certificate_faulty{proxy="proxy-1",file="/b.pem"} 1',
  ]);
});
