import type { StatisticsReport, TlsStatistics } from "../../protocol/evidence.ts";
import type { Family, Sample } from "./family.ts";
import type { MetricSources } from "./metrics.ts";

/** What the proxies tell of TLS, with clients and with workers; and the certificate of the control API. */
export function tlsMetrics(
  reports: () => readonly StatisticsReport[],
  certificate: MetricSources["certificate"],
): Family[] {
  const perProxy = (
    name: string,
    help: string,
    type: "counter" | "gauge",
    samples: (of: TlsStatistics, labels: { proxy: string }) => Sample[],
    more: readonly string[] = [],
  ): Family => ({
    name,
    help,
    type,
    labels: ["proxy", ...more],
    samples: () => reports().flatMap(({ proxy, tls }) => (tls === undefined ? [] : samples(tls, { proxy }))),
  });
  return [
    perProxy(
      "skein_tls_handshakes_pending",
      "TLS handshakes with clients under way",
      "gauge",
      (of, labels) => [{ labels, value: of.pending }],
    ),
    perProxy(
      "skein_tls_handshakes_total",
      "TLS handshakes done with clients",
      "counter",
      (of, labels) => [
        { labels: { ...labels, resumed: "yes" }, value: of.resumed },
        { labels: { ...labels, resumed: "no" }, value: of.handshakes - of.resumed },
      ],
      ["resumed"],
    ),
    perProxy(
      "skein_tls_handshake_failures_total",
      "TLS handshakes with clients that came to nothing, by cause",
      "counter",
      (of, labels) => byKey(of.failed, "cause", labels),
      ["cause"],
    ),
    perProxy(
      "skein_worker_tls_failures_total",
      "TLS handshakes with workers that came to nothing, by code",
      "counter",
      (of, labels) => byKey(of.workersFailed, "code", labels),
      ["code"],
    ),
    certificateEnds(reports, certificate),
    perProxy(
      "skein_tls_certificate_faulty",
      "1 while the files of a certificate cannot be taken",
      "gauge",
      (of, labels) =>
        of.certificates.map(({ file, faulty }) => ({ labels: { ...labels, file }, value: faulty ? 1 : 0 })),
      ["file"],
    ),
  ];
}

/** The controllers of a gateway read the same files: each tells of that of the control API what all do. */
function certificateEnds(
  reports: () => readonly StatisticsReport[],
  certificate: MetricSources["certificate"],
): Family {
  return {
    name: "skein_tls_certificate_expiry_seconds",
    help: "When the certificate in use ends, in seconds since 1970; with no proxy that of the control API",
    type: "gauge",
    labels: ["proxy", "file"],
    *samples() {
      for (const { proxy, tls } of reports())
        for (const { file, notAfter } of tls?.certificates ?? [])
          if (notAfter > 0) yield { labels: { proxy, file }, value: notAfter };
      const own = certificate();
      if (own !== undefined)
        yield { labels: { proxy: "", file: own.file }, value: Math.floor(own.notAfter / 1_000) };
    },
  };
}

function byKey(counts: Record<string, number>, label: string, labels: Record<string, string>): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { ...labels, [label]: key }, value }));
}
