import type { RoughCounts, RoughOptions } from "./rough-clients.ts";

/** Between the soak and the process of the rough clients, over the process's own channel. */
export type RoughCommand = { t: "start"; options: RoughOptions; seed: number } | { t: "stop" };

export type RoughReport = { t: "counts"; counts: RoughCounts; lastEnded: boolean };
