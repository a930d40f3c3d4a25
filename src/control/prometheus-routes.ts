import { SkeinError } from "../protocol/error.ts";
import type { ControlPorts, MetricsPart } from "./ports.ts";
import { gatewayTargets, workerTargets } from "./prometheus-targets.ts";
import type { RouteDefinition } from "./routes.ts";

/** What a Prometheus asks. */
export function prometheusRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/metrics",
      summary: "Metrics in the text format of Prometheus",
      access: "read",
      query: {
        part: "controller: of the process that answers; gateway: what each controller of a gateway tells alike; default both",
      },
      replies: { 200: "the metrics", 400: "no such part" },
      handle({ query }) {
        const body = ports.metrics(partOf(query.get("part")));
        return { text: { type: "text/plain; version=0.0.4; charset=utf-8", body } };
      },
    },
    {
      method: "GET",
      path: "/v1/prometheus/targets",
      summary: "Whom a Prometheus may scrape, for its http_sd_configs",
      access: "read",
      query: {
        of: "gateways: the controllers of all gateways (default); workers: those that say where their metrics are",
      },
      replies: { 200: "the targets", 400: "nobody of this kind is told" },
      handle({ query, caller }) {
        // Never both at once: what Prometheus sends to gateways, such as a token, is not for workers.
        const of = query.get("of") ?? "gateways";
        if (of === "gateways") return { json: gatewayTargets(ports.scraped()) };
        if (of === "workers") return { json: workerTargets(ports.workers(), caller) };
        throw new SkeinError("invalid", "of: must be gateways or workers.");
      },
    },
  ];
}

function partOf(text: string | null): MetricsPart | undefined {
  if (text === null) return undefined;
  if (text === "controller" || text === "gateway") return text;
  throw new SkeinError("invalid", "part: must be controller or gateway.");
}
