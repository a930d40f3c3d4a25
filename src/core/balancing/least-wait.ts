import { BestOf } from "./best-of.ts";
import type { Candidate, Chance } from "./candidate.ts";
import { expectedNow } from "./latency.ts";
import { delayNow, requestsOn, silentMs } from "./load.ts";

/** With two, of five workers with two bad ones, every tenth request would find just these. */
const looks = 5;
const alikeFactor = 1.1;
/** Differences of latency below this are noise. */
const latencyFloorMs = 1;

/**
 * `least-wait`, the default: of up to five drawn by weight the one where a request is expected to wait least; one that is
 * idle and no worse than those chosen lately is taken at once. The wait is the latency, between its peak and its usual
 * value, or the time for which requests wait there in silence, or the delay of its event loop as the worker told,
 * whichever is most; times the requests ahead, also those of other gateways as the worker told.
 *
 * For everything that needs no affinity. Cost: five draws and looks at most, whatever the number of workers; one or two
 * while most of them are idle.
 * Source: peak EWMA (Finagle) over the power of d choices (Mitzenmacher 1996), with the signals of Prequal (Wydrowski et
 * al., NSDI 2024); put together and tuned by `npm run sim:balance`.
 */
export class LeastWait<Worker extends Candidate> extends BestOf<Worker> {
  constructor(slowStartMs: number, chance: Chance) {
    super(slowStartMs, chance, { looks, alikeFactor, contentWithIdle: true });
  }

  protected override cost(worker: Worker, now: number): number {
    const latencyMs = this.known(expectedNow(worker.latency, now), worker);
    const waitMs = delayNow(worker, now, Math.max(latencyMs, silentMs(worker, now)));
    return (waitMs + latencyFloorMs) * (1 + this.load(worker, requestsOn(worker, now), now));
  }
}
