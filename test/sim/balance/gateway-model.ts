import { Balancer } from "../../../src/core/balancing/balancer.ts";
import type { Candidate, PolicySettings, ReportedLoad } from "../../../src/core/balancing/candidate.ts";
import { newLatency, observeLatency, type Latency } from "../../../src/core/balancing/latency.ts";
import {
  afterSlow,
  afterSuccess,
  afterTrialBegan,
  atTime,
  isOnTrial,
  type LocalHealth,
  newHealth,
  trialOf,
} from "../../../src/core/health/health.ts";
import { newPace, notePace, slowAmong, slowNumbers } from "../../../src/core/health/slow.ts";
import type { Random } from "../../../src/runtime/random.ts";
import type { Timeline } from "./timeline.ts";
import type { WorkerModel } from "./worker-model.ts";

/** A worker as one gateway sees it: what a proxy would know of it, and no more. */
class View implements Candidate {
  readonly id: string;
  readonly weight = 1;
  liveSince: number;
  readonly latency: Latency;
  readonly worker: WorkerModel;
  health: LocalHealth;
  pace = newPace();
  inFlight = 0;
  quietSince = 0;
  told: ReportedLoad | undefined;

  constructor(worker: WorkerModel, liveSince: number) {
    this.worker = worker;
    this.id = worker.name;
    this.liveSince = liveSince;
    this.latency = newLatency(liveSince);
    this.health = newHealth(0);
  }

  get silentSince(): number {
    return this.inFlight > 0 ? this.quietSince : Infinity;
  }
}

export interface GatewayOptions extends PolicySettings {
  /** Workers tell their load with each answer, as over a link. */
  reports: boolean;
  /** Workers that answer far more slowly than the others are taken out: see `slowAmong`. */
  ejectSlow?: boolean;
}

/** One gateway: the real balancer over its own view of the workers. */
export class GatewayModel {
  readonly #balancer: Balancer<View>;
  readonly #timeline: Timeline;
  readonly #options: GatewayOptions;
  readonly #views: View[] = [];
  /** One after the other, who was taken out for being slow, and when. */
  readonly ejected: { worker: string; atMs: number }[] = [];
  #looks = false;

  constructor(options: GatewayOptions, timeline: Timeline, chance: Random) {
    this.#balancer = new Balancer<View>(options, chance);
    this.#timeline = timeline;
    this.#options = options;
  }

  /** Workers that are there from the beginning have been there for long. */
  join(worker: WorkerModel): void {
    const liveSince = worker.joinsAtMs === 0 ? -Infinity : worker.joinsAtMs;
    const view = new View(worker, liveSince);
    this.#views.push(view);
    this.#balancer.add(view);
  }

  /** As a proxy does every second while requests are answered. */
  #look(): void {
    const now = this.#timeline.nowMs;
    const live = this.#views.filter(({ health }) => health.kind === "ok");
    const counts = { out: this.#views.length - live.length, all: this.#views.length };
    const runners = live.map((view) => ({
      view,
      pace: view.pace,
      warming: now - view.liveSince < this.#options.slowStartMs,
      onTrial: isOnTrial(view.health, now),
    }));
    for (const { view } of slowAmong(runners, counts)) {
      view.health = afterSlow(view.health, now);
      this.ejected.push({ worker: view.id, atMs: now });
      this.#balancer.remove(view);
    }
  }

  /** One request finds out whether a worker is back. */
  #canary(now: number): View | undefined {
    for (const view of this.#views) {
      view.health = atTime(view.health, now);
      if (trialOf(view.health) !== "canary") continue;
      view.health = afterTrialBegan(view.health);
      return view;
    }
    return undefined;
  }

  #isBack(view: View, now: number): void {
    view.health = afterSuccess(view.health, now);
    if (view.health.kind !== "ok" || this.#balancer.has(view)) return;
    view.liveSince = now;
    view.pace = newPace();
    this.#balancer.add(view);
  }

  #lookLater(): void {
    if (this.#looks) return;
    this.#looks = true;
    this.#timeline.at(this.#timeline.nowMs + slowNumbers.lookEveryMs, () => {
      this.#looks = false;
      this.#look();
    });
  }

  /** False: there is no worker. */
  request(workMs: number, key: number, answered: () => void): boolean {
    const sentAt = this.#timeline.nowMs;
    const view =
      (this.#options.ejectSlow === true ? this.#canary(sentAt) : undefined) ??
      this.#balancer.pick(sentAt, [], key);
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
    if (this.#options.ejectSlow === true) {
      this.#isBack(view, now);
      notePace(view.pace, now - sentAt);
      this.#lookLater();
    }
    this.#balancer.loadChanged(view);
  }
}
