import { limitByDefault } from "../../../src/core/admission/adaptive-limit.ts";
import type { Random } from "../../../src/runtime/random.ts";
import { exponential } from "../balance/behaviour.ts";
import type { Setting } from "./experiment.ts";

/** As the product is without any setting: src/config/defaults.ts. */
export const byDefault: Setting["rules"] = { limit: limitByDefault, queue: { max: 1_000, waitMs: 3_000 } };

/** Workers of one service, as they are drowned. */
export interface Population {
  readonly what: string;
  /** Requests that each serves at once. */
  readonly slots: readonly number[];
  /** Of each; unset: 1. */
  readonly speeds?: readonly number[];
  readonly serviceMs: number;
  /** p99 of what is critical from the second second on, in proportion to that of calm times. Unset: 1.5. */
  readonly criticalRiseMax?: number;
}

const times = (count: number, slots: number): number[] => Array.from({ length: count }, () => slots);

export const populations: readonly Population[] = [
  { what: "three that serve eight at once, 20 ms", slots: times(3, 8), serviceMs: 20 },
  { what: "three that serve eight at once, 40 ms", slots: times(3, 8), serviceMs: 40 },
  { what: "three that serve four at once, 20 ms", slots: times(3, 4), serviceMs: 20 },
  // One answer ahead is all that a wait consists of: of thirty seeds half are above 1.5 (1.52 in the middle), one in ten above 2.24.
  { what: "four that serve one at a time, 20 ms", slots: times(4, 1), serviceMs: 20, criticalRiseMax: 2.5 },
  { what: "twenty that serve two at once, 40 ms", slots: times(20, 2), serviceMs: 40 },
  { what: "two that serve sixty-four at once, 50 ms", slots: times(2, 64), serviceMs: 50 },
  { what: "one that serves two at once, one eight, one thirty-two", slots: [2, 8, 32], serviceMs: 40 },
  { what: "one half as fast, one a quarter", slots: times(3, 8), speeds: [1, 1 / 2, 1 / 4], serviceMs: 20 },
];

export function capacityOf({ slots, speeds, serviceMs }: Population): number {
  return slots.reduce((sum, each, at) => sum + (each * 1_000 * (speeds?.[at] ?? 1)) / serviceMs, 0);
}

export const spreads = {
  "times that differ by a fifth": (serviceMs: number, chance: Random): number =>
    serviceMs * (0.8 + 0.4 * chance()),
  "exponential times": (serviceMs: number, chance: Random): number => exponential(serviceMs, chance),
};
