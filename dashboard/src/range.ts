import { signal } from "@preact/signals";

/** How far back charts and time-lines reach. */
export const ranges: readonly { title: string; ms: number }[] = [
  { title: "1 minute", ms: 60_000 },
  { title: "3 minutes", ms: 180_000 },
  { title: "15 minutes", ms: 900_000 },
  { title: "1 hour", ms: 3_600_000 },
];

export const rangeMs = signal(180_000);
