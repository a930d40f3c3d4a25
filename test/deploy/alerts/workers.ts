import { type AlertCase, workers, ofService, suspicions, loopDelay, web } from "./alert-case.ts";

/** How workers are. */
export const workerCases: Record<string, AlertCase[]> = {
  SkeinWorkersOut: [
    {
      says: "two of five, as both gateways see it",
      series: {
        [workers("live")]: "3x40",
        [workers("live", "b")]: "3x40",
        [workers("suspect")]: "1x40",
        [workers("suspect", "b")]: "1x40",
        [workers("dead")]: "1x40",
        [workers("dead", "b")]: "1x40",
      },
      fires: [web],
      notYet: "1m45s",
      at: "2m15s",
    },
    {
      says: "one of five",
      series: { [workers("live")]: "4x40", [workers("dead")]: "1x40" },
      fires: [],
      at: "8m",
    },
    {
      says: "those that were drained or have left do not count",
      series: { [workers("live")]: "3x40", [workers("draining")]: "3x40", [workers("left")]: "9x40" },
      fires: [],
      at: "8m",
    },
  ],
  SkeinSelfPreservation: [
    {
      says: "it holds",
      series: { [ofService("skein_self_preservation")]: "_x4 1x20" },
      fires: [web],
      notYet: "1m45s",
      at: "2m15s",
    },
    {
      says: "half a minute of it",
      series: { [ofService("skein_self_preservation")]: "_x4 1x2 stale" },
      fires: [],
      at: "2m30s",
    },
  ],
  SkeinWorkerFlaps: [
    {
      says: "four in each minute",
      series: { [suspicions("c-1")]: "0+1x40" },
      fires: [web],
      notYet: "2m",
      at: "5m",
    },
    {
      says: "eight in a quarter of an hour, which two controllers saw",
      series: { [suspicions("c-1")]: "0x2 8x80", [suspicions("c-2")]: "0x2 8x80" },
      fires: [],
      at: "14m",
    },
    {
      says: "one controller saw many long ago, another began anew",
      series: { [suspicions("c-1")]: "60x80", [suspicions("c-2")]: "60x20 0x4 2x56" },
      fires: [],
      at: "14m",
    },
  ],
  SkeinWorkerLoopDelay: [
    {
      says: "400 ms",
      series: { [loopDelay]: "0.4x40" },
      fires: [{ service: "web", worker: "w" }],
      notYet: "4m45s",
      at: "5m15s",
    },
    { says: "200 ms", series: { [loopDelay]: "0.2x40" }, fires: [], at: "9m" },
  ],
};
