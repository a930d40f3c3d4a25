import { BestOf } from "./best-of.ts";
import type { Candidate, Chance } from "./candidate.ts";

/**
 * `p2c`, the power of two choices: of two drawn by weight the one with fewer requests of this proxy in flight. For workers
 * that are alike, and for comparison with other proxies. It does not see that a worker is slow but for the requests that
 * gather there, and where two bad ones are drawn one of them gets the request.
 *
 * Cost: two draws, whatever the number of workers. Source: Mitzenmacher, The Power of Two Choices in Randomized Load
 * Balancing, 1996; nginx `random two least_conn`, HAProxy `random(2)`.
 */
export class TwoChoices<Worker extends Candidate> extends BestOf<Worker> {
  constructor(slowStartMs: number, chance: Chance) {
    super(slowStartMs, chance, { looks: 2, alikeFactor: 1, contentWithIdle: false });
  }

  protected override cost(worker: Worker, now: number): number {
    return 1 + this.load(worker, worker.inFlight, now);
  }
}
