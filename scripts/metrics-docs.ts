// `npm run docs:metrics`: writes docs/metrics.md from the metrics' definitions. A test holds the file to it.
import { writeFileSync } from "node:fs";
import { familiesOf, type MetricSources, type Part } from "../src/controller/metrics/metrics.ts";

/** Definitions alone: nothing is read. */
const noSources = {} as MetricSources;

export function metricsDocs(): string {
  return [
    "# Metrics",
    "",
    "Every controller answers `GET /metrics` in the text format of Prometheus. Written by `npm run docs:metrics` from",
    "`src/controller/metrics/`; units are seconds and bytes, a counter's name ends in `_total`.",
    "",
    "## Scraping",
    "",
    "`deploy/prometheus.yml` is a whole example. `GET /v1/prometheus/targets` tells a Prometheus whom to scrape",
    "(`http_sd_configs`), so that it follows controllers and workers as they come and go:",
    "",
    "- Each controller is a target with what is its own (`?part=controller`), and each gateway is one target with what all its",
    "  controllers tell alike (`?part=gateway`), so that nothing is counted twice. The gateway's `instance` is its name: its series",
    "  go on when another of its controllers answers.",
    "- `?of=workers` are the workers that say where their own metrics are, by their metadata: `metrics-port` (default: the port of",
    "  their requests) and `metrics-path` (default `/metrics`). They are a job of their own, so that no token that gateways ask for is",
    "  sent to a worker.",
    "- Without discovery, `GET /metrics` of one controller tells both parts.",
    "",
    "Beyond loopback a token is needed: the operators', as `authorization: { credentials_file: ... }`.",
    "",
    "Of workers at most a thousand have series of their own (`skein_workers_untold` are the others), of routes five hundred for",
    "each proxy. What each controller counts itself, from its own start on, is told as its own: requests by worker, for all proxies",
    "of its gateway together, and what became of workers. The controllers of a gateway count the same, so take the highest of them:",
    "",
    "```promql",
    "sum by (service, worker) (max by (gateway, service, worker, result) (rate(skein_worker_requests_total[5m])))",
    "```",
    "",
    "`deploy/grafana-dashboard.json` shows them, `deploy/alerts.yml` are alerts, each with what it means and what to do.",
    "",
    ...section(
      "controller",
      "Of a controller",
      "`?part=controller`: of the process that answers, and what it counted since its start.",
    ),
    ...section("gateway", "Of a gateway", "`?part=gateway`: the same at each controller of a gateway."),
  ].join("\n");
}

function section(part: Part, title: string, text: string): string[] {
  const rows = familiesOf(noSources, part).map(({ name, type, labels, help }) => {
    const marked = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${marked} | ${help} |`;
  });
  return [
    `## ${title}`,
    "",
    text,
    "",
    "| name | type | labels | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

if (import.meta.main) writeFileSync("docs/metrics.md", metricsDocs());
