import { packageVersion } from "../../protocol/version.ts";
import type { StoreCondition } from "../../store/store.ts";
import { type Family, inSeconds, single } from "./family.ts";
import type { MetricSources } from "./metrics.ts";

const storeConditions: StoreCondition["kind"][] = ["sound", "failing", "damaged", "held"];

/** Of the controller that answers: each has its own. */
export function controllerMetrics(sources: MetricSources): Family[] {
  return [
    {
      name: "skein_build_info",
      help: "The version that runs",
      type: "gauge",
      labels: ["version", "node"],
      samples: () => [{ labels: { version: packageVersion, node: process.versions.node }, value: 1 }],
    },
    ...leadership(sources),
    ...tables(sources),
    ...news(sources),
    {
      name: "skein_store_condition",
      help: "1 for how the store is; all but sound is an alarm",
      type: "gauge",
      labels: ["condition"],
      samples: () =>
        storeConditions.map((condition) => ({
          labels: { condition },
          value: sources.storeCondition() === condition ? 1 : 0,
        })),
    },
    single("skein_heap_bytes", "Heap in use by this controller", "gauge", sources.heapBytes),
    single(
      "skein_event_loop_delay_seconds",
      "How late this controller came to what was due: 99th percentile of the worst second of the last 15",
      "gauge",
      () => inSeconds(sources.loopDelayMs()),
    ),
  ];
}

function leadership(sources: MetricSources): Family[] {
  return [
    single("skein_term", "Number of the leadership that this controller knows", "gauge", sources.term),
    single("skein_leader", "1 while this controller leads", "gauge", () => (sources.leads() ? 1 : 0)),
    single(
      "skein_elections_won_total",
      "Terms in which this controller came to lead",
      "counter",
      sources.elections,
    ),
    single("skein_settled", "1 when this controller knows who lives", "gauge", () =>
      sources.settled() ? 1 : 0,
    ),
  ];
}

function tables(sources: MetricSources): Family[] {
  return [
    single("skein_configuration_revision", "Revision of the configuration in use", "gauge", sources.revision),
    single("skein_table_sequence", "Number of this controller's last table", "gauge", sources.tableSequence),
    single("skein_table_readers", "Streams of the routing table", "gauge", sources.tableReaders),
  ];
}

/** By which ways this controller learns who lives. */
function news(sources: MetricSources): Family[] {
  return [
    single("skein_sessions", "Open sessions of workers with this controller", "gauge", sources.sessions),
    {
      name: "skein_heartbeats_total",
      help: "Heartbeats that came to this controller, by the way they came",
      type: "counter",
      labels: ["way"],
      samples: () => Object.entries(sources.heartbeats()).map(([way, value]) => ({ labels: { way }, value })),
    },
    {
      name: "skein_checks_total",
      help: "Active checks of workers by this controller, by result",
      type: "counter",
      labels: ["result"],
      samples: () =>
        Object.entries(sources.checks()).map(([result, value]) => ({ labels: { result }, value })),
    },
    {
      name: "skein_evidence_total",
      help: "What proxies told this controller of workers, by kind",
      type: "counter",
      labels: ["kind"],
      samples: () => Array.from(sources.evidence(), ([kind, value]) => ({ labels: { kind }, value })),
    },
    {
      name: "skein_worker_changes_total",
      help: "What this controller saw become of workers, by the kind of the event and the cause of a suspicion",
      type: "counter",
      labels: ["service", "change", "cause"],
      samples: () => Array.from(sources.changes(), ({ count, ...labels }) => ({ labels, value: count })),
    },
  ];
}
