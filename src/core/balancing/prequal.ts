import { BestOf } from "./best-of.ts";
import type { Candidate, Chance } from "./candidate.ts";
import { recentNow } from "./latency.ts";
import { delayNow, requestsOn, silentMs } from "./load.ts";

const looks = 5;
const alikeFactor = 1.1;
/** Q_RIF of the paper, 2^-0.25: a worker is hot whose requests in flight reach this quantile of those seen. */
const hotQuantile = 0.84;
/** So many loads are remembered, and the quantile is found anew after half as many. */
const remembered = 64;
/** Dearer than any latency. */
const hotCost = 1e9;

/**
 * `prequal`: of five drawn by weight, the *cold* one of least latency; where all are hot, the one with the fewest requests
 * in flight. Hot are those with as many as the busiest sixth of the workers looked at lately. Probes are not needed:
 * what a probe would ask for, requests in flight from everywhere and latency, came with the worker's last answers.
 *
 * For many workers of unequal speed behind many gateways, with the SDK: of workers that tell nothing only the requests
 * of this proxy are known. With few workers one that is slow stays cold by what little it has to do, and the others
 * are hot: `least-wait` is better there. Cost: five draws and looks, whatever the number of workers,
 * and a sort of 64 numbers every 32 looks.
 * Source: Wydrowski, Kleinberg, Rumble, Archer, Load is not what you should balance: Introducing Prequal, NSDI 2024.
 */
export class Prequal<Worker extends Candidate> extends BestOf<Worker> {
  readonly #loads = new Float64Array(remembered);
  #noted = 0;
  #hotFrom = Infinity;

  constructor(slowStartMs: number, chance: Chance) {
    super(slowStartMs, chance, { looks, alikeFactor, contentWithIdle: false });
  }

  protected override cost(worker: Worker, now: number): number {
    const load = this.load(worker, requestsOn(worker, now), now);
    this.#note(load);
    if (load > 0 && load >= this.#hotFrom) return hotCost * (1 + load);
    const latencyMs = this.known(recentNow(worker.latency, now), worker);
    return 1 + delayNow(worker, now, Math.max(latencyMs, silentMs(worker, now)));
  }

  #note(load: number): void {
    this.#loads[this.#noted % remembered] = load;
    this.#noted += 1;
    if (this.#noted % (remembered / 2) !== 0) return;
    const sorted = this.#loads.slice(0, Math.min(remembered, this.#noted)).sort();
    this.#hotFrom = sorted[Math.floor(sorted.length * hotQuantile)] ?? Infinity;
  }
}
