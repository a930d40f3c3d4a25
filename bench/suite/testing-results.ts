import type { Measurement, Results } from "./results.ts";

/** A run of nothing, to which tests add what they are about. */
export function emptyResults(): Results {
  return {
    v: 1,
    startedAt: "2026-11-25T12:00:00.000Z",
    minutes: 4,
    commit: "0123456789ab",
    arguments: ["--quick"],
    rounds: 3,
    seconds: 1,
    machine: {
      cpu: "AMD EPYC",
      cores: 2,
      memoryBytes: 24e9,
      kernel: "6.18",
      node: "v26.10.0",
      openFilesMax: 20_000,
      loadBefore: 0.1,
      loadAfter: 2.1,
    },
    cases: [],
    peers: {},
    measurements: [],
    failures: [],
    leftOut: [],
  };
}

/** A second of 10,000 requests, of which each took `micros` of the proxy and 10 of the worker. */
export function measured(
  of: Pick<Measurement, "case" | "peer" | "round"> & Partial<Measurement>,
  micros: number,
): Measurement {
  const requests = 10_000;
  return {
    loop: "closed",
    connections: 64,
    requests,
    seconds: 1,
    proxy: { user: 0.4 * micros * requests, system: 0.6 * micros * requests },
    worker: { user: 6 * requests, system: 4 * requests },
    others: { user: 5_000, system: 5_000 },
    elsewhere: 0,
    rssBytes: 110e6,
    rssBeforeBytes: 100e6,
    ...of,
  };
}
