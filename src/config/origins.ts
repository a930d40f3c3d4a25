import type { Layers } from "./layers.ts";

/** Keys that `skein config print` tells the origin of: those of the top, and one level below the grouping ones. */
const plain = [
  "listen",
  "control",
  "state",
  "proxies",
  "controllers",
  "store",
  "accessLog",
  "errorPages",
  "trustedProxies",
];
const groups: Record<string, readonly string[]> = {
  limits: [
    "head",
    "fields",
    "target",
    "requestsPerConnection",
    "connectionAge",
    "replayBody",
    "bodyPerSecond",
    "workerHead",
    "workerFields",
    "connections",
    "connectionsPerAddress",
  ],
  timeouts: ["head", "handshake", "idleClient", "stalledClient", "connect", "idleWorker", "noWorkerWait"],
  requests: ["slow", "samples", "keep", "redact"],
  traces: [
    "endpoint",
    "headersFile",
    "ca",
    "share",
    "follow",
    "service",
    "attributes",
    "queue",
    "batch",
    "every",
    "timeout",
  ],
  retryBudget: ["ratio", "reserve", "perSecond"],
  registration: ["allow", "workers", "metadata"],
};

/** What came from where, by dotted key. */
export function originsOf({ merged, origins }: Layers): Record<string, string> {
  const written = asRecord(merged);
  const result: Record<string, string> = {};
  for (const key of plain) {
    result[key] =
      (origins as Record<string, string>)[key] ?? (written[key] === undefined ? "default" : "file");
  }
  for (const [group, keys] of Object.entries(groups)) {
    const values = asRecord(written[group]);
    for (const key of keys) result[`${group}.${key}`] = values[key] === undefined ? "default" : "file";
  }
  for (const group of ["services", "routes"]) {
    for (const name of Object.keys(asRecord(written[group]))) result[`${group}.${name}`] = "file";
  }
  return result;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
