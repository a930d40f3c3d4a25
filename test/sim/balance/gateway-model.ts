import { Balancer } from "../../../src/core/balancing/balancer.ts";
import type { Candidate, PolicySettings, ReportedLoad } from "../../../src/core/balancing/candidate.ts";
import { newLatency, observeLatency, type Latency } from "../../../src/core/balancing/latency.ts";
import type { Random } from "../../../src/runtime/random.ts";
import type { Timeline } from "./timeline.ts";
import type { WorkerModel } from "./worker-model.ts";

/** A worker as one gateway sees it: what a proxy would know of it, and no more. */
class View implements Candidate {
  readonly id: string;
  readonly weight = 1;
  readonly liveSince: number;
  readonly latency: Latency;
  readonly worker: WorkerModel;
  inFlight = 0;
  quietSince = 0;
  told: ReportedLoad | undefined;

  constructor(worker: WorkerModel, liveSince: number) {
    this.worker = worker;
    this.id = worker.name;
    this.liveSince = liveSince;
    this.latency = newLatency(liveSince);
  }

  get silentSince(): number {
    return this.inFlight > 0 ? this.quietSince : Infinity;
  }
}

export interface GatewayOptions extends PolicySettings {
  /** Workers tell their load with each answer, as over a link. */
  reports: boolean;
}

/** One gateway: the real balancer over its own view of the workers. */
export class GatewayModel {
  readonly #balancer: Balancer<View>;
  readonly #timeline: Timeline;
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions, timeline: Timeline, chance: Random) {
    this.#balancer = new Balancer<View>(options, chance);
    this.#timeline = timeline;
    this.#options = options;
  }

  /** Workers that are there from the beginning have been there for long. */
  join(worker: WorkerModel): void {
    const liveSince = worker.joinsAtMs === 0 ? -Infinity : worker.joinsAtMs;
    this.#balancer.add(new View(worker, liveSince));
  }

  /** False: there is no worker. */
  request(workMs: number, key: number, answered: () => void): boolean {
    const sentAt = this.#timeline.nowMs;
    const view = this.#balancer.pick(sentAt, [], key);
    if (view === undefined) return false;
    if (view.inFlight === 0) view.quietSince = sentAt;
    view.inFlight += 1;
    this.#balancer.loadChanged(view);
    view.worker.serve(workMs, () => {
      this.#answered(view, sentAt);
      answered();
    });
    return true;
  }

  #answered(view: View, sentAt: number): void {
    const now = this.#timeline.nowMs;
    const { worker } = view;
    view.inFlight -= 1;
    view.quietSince = now;
    if (this.#options.reports) {
      view.told = {
        inFlightOfOthers: worker.inFlight - view.inFlight,
        delayMs: worker.delayMs,
        insideMs: now - sentAt,
        at: now,
      };
    }
    observeLatency(view.latency, now - sentAt, now);
    this.#balancer.loadChanged(view);
  }
}
