import { ringWeights } from "../core/balancing/ring-hash.ts";
import type { Service } from "../protocol/configuration.ts";
import type { Issues, KeyPath } from "./issues.ts";

/**
 * Tells of weights that a ring cannot hold: it would need too many points for one, or less than one. To scale all of them by
 * the heaviest would move everybody's keys whenever that one comes or goes.
 */
export function warnOfRingWeights(
  { policy, workers }: Pick<Service, "policy" | "workers">,
  path: KeyPath,
  issues: Issues,
): void {
  if (policy !== "ring-hash") return;
  const { min, max } = ringWeights;
  for (const [at, { weight }] of workers.entries()) {
    const countsAs = Math.min(max, Math.max(min, weight));
    if (weight === 0 || countsAs === weight) continue;
    issues.warn(
      [...path, at, "weight"],
      `"ring-hash" knows weights from ${min} to ${max}: ${weight} counts as ${countsAs}. ` +
        'Divide the weights of all its workers by the same number, or take "rendezvous"',
    );
  }
}
