import { BestOf } from "./best-of.ts";
import type { Candidate, Chance } from "./candidate.ts";
import { peakNow } from "./latency.ts";
import { silentMs } from "./load.ts";

const alikeFactor = 1.25;
/** Differences of latency below this are noise. */
const latencyFloorMs = 1;

/**
 * `peak-ewma`: of two drawn by weight the one where a request is expected to wait less, the peak of its latency times the
 * requests ahead. For workers of which some are slow or become it. `least-wait` looks at more of them and is better in
 * nearly every scenario of docs/balancing.md; this one is for who knows it from elsewhere.
 *
 * Cost: two draws and looks, whatever the number of workers. Source: Finagle's `PeakEwma`, linkerd's balancer.
 */
export class PeakEwmaOfTwo<Worker extends Candidate> extends BestOf<Worker> {
  constructor(slowStartMs: number, chance: Chance) {
    super(slowStartMs, chance, { looks: 2, alikeFactor, contentWithIdle: false });
  }

  protected override cost(worker: Worker, now: number): number {
    const latencyMs = this.known(peakNow(worker.latency, now), worker);
    const waitMs = Math.max(latencyMs, silentMs(worker, now));
    return (waitMs + latencyFloorMs) * (1 + this.load(worker, worker.inFlight, now));
  }
}
