import {
  type AdaptiveLimit,
  isMet,
  limitAnswered,
  limitSent,
  newAdaptiveLimit,
} from "../../../src/core/admission/adaptive-limit.ts";
import { admit } from "../../../src/core/admission/admission.ts";
import type { Priority } from "../../../src/core/admission/priority.ts";
import { type Place, WaitingLine } from "../../../src/core/admission/waiting-line.ts";
import { Balancer } from "../../../src/core/balancing/balancer.ts";
import type { Candidate, ReportedLoad } from "../../../src/core/balancing/candidate.ts";
import { newLatency, observeLatency, type Latency } from "../../../src/core/balancing/latency.ts";
import type { Random } from "../../../src/runtime/random.ts";
import type { Timeline } from "../balance/timeline.ts";
import type { WorkerModel } from "../balance/worker-model.ts";
import type { LossyWay } from "./lossy-way.ts";

export interface Request {
  readonly priority: Priority;
  readonly tenant: number;
  readonly workMs: number;
  /** Undefined: refused. `waitedMs`: in the gateway. */
  readonly done: (answer: { waitedMs: number } | undefined) => void;
}

interface Waiting extends Request {
  readonly arrivedAt: number;
  place: Place<Waiting> | undefined;
}

/** A worker behind a link: it tells its load with each answer. */
export interface Linked {
  readonly worker: WorkerModel;
  readonly there: LossyWay;
  readonly back: LossyWay;
}

/** A worker as the gateway sees it. */
class View implements Candidate {
  readonly id: string;
  readonly weight = 1;
  readonly liveSince = -Infinity;
  readonly latency: Latency = newLatency(0);
  readonly limit: AdaptiveLimit | undefined;
  readonly #link: Linked;
  told: ReportedLoad | undefined;
  inFlight = 0;
  quietSince = 0;

  constructor(link: Linked, limit: AdaptiveLimit | undefined) {
    this.#link = link;
    this.id = link.worker.name;
    this.limit = limit;
  }

  serve(workMs: number, timeline: Timeline, done: () => void): void {
    const { worker, there, back } = this.#link;
    there.carry(() => {
      const cameAt = timeline.nowMs;
      worker.serve(workMs, () => {
        const { inFlight, delayMs } = worker;
        const insideMs = timeline.nowMs - cameAt;
        back.carry(() => {
          done();
          const inFlightOfOthers = Math.max(0, inFlight - this.inFlight);
          this.told = { inFlightOfOthers, delayMs, insideMs, at: timeline.nowMs };
        });
      });
    });
  }

  get silentSince(): number {
    return this.inFlight > 0 ? this.quietSince : Infinity;
  }

  get isLimited(): boolean {
    return this.limit !== undefined && isMet(this.limit);
  }
}

export interface GatewayRules {
  /** Undefined: no adaptive limit. */
  readonly limit: { readonly min: number } | undefined;
  readonly queue: { readonly max: number; readonly waitMs: number };
}

/** One gateway before overload: the product's balancer, limits, line and admission, as `ServicePool` puts them together. */
export class GatewayModel {
  readonly views: readonly View[];
  readonly #balancer: Balancer<View>;
  readonly #line: WaitingLine<Waiting>;
  readonly #timeline: Timeline;
  readonly #rules: GatewayRules;

  constructor(workers: readonly Linked[], rules: GatewayRules, timeline: Timeline, chance: Random) {
    this.#balancer = new Balancer<View>({ policy: "least-wait", slowStartMs: 0 }, chance);
    this.#timeline = timeline;
    this.#rules = rules;
    this.#line = new WaitingLine(rules.queue.waitMs, 0);
    this.views = workers.map((link) => new View(link, rules.limit && newAdaptiveLimit(rules.limit, 0)));
    for (const view of this.views) this.#balancer.add(view);
  }

  request(request: Request): void {
    const arrivedAt = this.#timeline.nowMs;
    const waiting: Waiting = { ...request, arrivedAt, place: undefined };
    if (this.#line.length === 0 && this.#begin(waiting)) return;
    const line = this.#line;
    const admission = admit(
      {
        someCandidate: !this.#balancer.isEmpty,
        someFree: false,
        waiting: line.length,
        someGivesWay: () => line.victim(waiting, arrivedAt) !== undefined,
        waitedMs: 0,
        leftMs: Infinity,
      },
      {
        queue: { max: this.#rules.queue.max, waitMs: line.patienceMs(arrivedAt) },
        noWorkerWaitMs: 0,
      },
    );
    if (admission.kind !== "wait") return request.done(undefined);
    this.#wait(waiting, admission.forMs);
  }

  #wait(waiting: Waiting, forMs: number): void {
    const now = this.#timeline.nowMs;
    if (this.#line.length >= this.#rules.queue.max) {
      const victim = this.#line.victim(waiting, now);
      if (victim !== undefined) this.#refuse(victim);
    }
    const place = this.#line.join(waiting, now);
    waiting.place = place;
    this.#timeline.at(now + forMs, () => {
      if (place.flow !== undefined) this.#refuse(place);
    });
  }

  #refuse(place: Place<Waiting>): void {
    this.#line.leave(place);
    place.item.done(undefined);
  }

  #serveWaiting(): void {
    for (;;) {
      const now = this.#timeline.nowMs;
      const next = this.#line.next(now);
      if (next === undefined || !this.#balancer.hasFreeOtherThan([])) return;
      this.#line.take(next, now);
      this.#begin(next.item);
    }
  }

  #begin(request: Waiting): boolean {
    const sentAt = this.#timeline.nowMs;
    const view = this.#balancer.pick(sentAt);
    if (view === undefined) return false;
    if (view.inFlight === 0) view.quietSince = sentAt;
    view.inFlight += 1;
    const ahead = view.limit === undefined ? 0 : limitSent(view.limit);
    this.#balancer.loadChanged(view);
    view.serve(request.workMs, this.#timeline, () => {
      const now = this.#timeline.nowMs;
      view.inFlight -= 1;
      view.quietSince = now;
      if (view.limit !== undefined) limitAnswered(view.limit, now - sentAt, ahead, now, view.told);
      observeLatency(view.latency, now - sentAt, now);
      this.#balancer.loadChanged(view);
      this.#serveWaiting();
      request.done({ waitedMs: sentAt - request.arrivedAt });
    });
    return true;
  }
}
