import {
  type AdaptiveLimit,
  insideMsOf,
  limitAbandoned,
  limitAnswered,
  limitLookedAt,
  limitSent,
  newAdaptiveLimit,
  newSiblings,
  roomIn,
} from "../../../src/core/admission/adaptive-limit.ts";
import { admit } from "../../../src/core/admission/admission.ts";
import type { Priority } from "../../../src/core/admission/priority.ts";
import { type Place, WaitingLine } from "../../../src/core/admission/waiting-line.ts";
import { Balancer } from "../../../src/core/balancing/balancer.ts";
import type { Candidate, ReportedLoad, Room } from "../../../src/core/balancing/candidate.ts";
import { newLatency, observeLatency, type Latency } from "../../../src/core/balancing/latency.ts";
import type { Random } from "../../../src/runtime/random.ts";
import type { Timeline } from "../balance/timeline.ts";
import type { WorkerModel } from "../balance/worker-model.ts";
import type { LossyWay } from "./lossy-way.ts";

export interface Request {
  readonly priority: Priority;
  readonly tenant: number;
  readonly workMs: number;
  readonly patienceMs: number;
  /** Called once. Undefined: refused, or its client has left. `waitedMs`: in the gateway. */
  readonly done: (answer: { waitedMs: number } | undefined) => void;
}

interface Waiting extends Request {
  readonly arrivedAt: number;
  place: Place<Waiting> | undefined;
  /** Where it is; undefined: at no worker. */
  view: View | undefined;
  sentAt: number;
  ahead: number;
  ended: boolean;
}

/** A worker, and the way to it. Over a link it tells its load with each answer. */
export interface Linked {
  readonly worker: WorkerModel;
  readonly mute: boolean;
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
    const { worker, mute, there, back } = this.#link;
    there.carry(() => {
      const cameAt = timeline.nowMs;
      worker.serve(workMs, () => {
        const { inFlight, delayMs } = worker;
        const insideMs = timeline.nowMs - cameAt;
        back.carry(() => {
          done();
          if (mute) return;
          const inFlightOfOthers = Math.max(0, inFlight - this.inFlight);
          this.told = { inFlightOfOthers, delayMs, insideMs, at: timeline.nowMs };
        });
      });
    });
  }

  get silentSince(): number {
    return this.inFlight > 0 ? this.quietSince : Infinity;
  }

  get room(): Room {
    return this.limit === undefined ? "free" : roomIn(this.limit);
  }
}

/** As `SilenceWatch` looks at workers where requests wait. */
const lookEveryMs = 20;

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
  #willLook = false;

  constructor(workers: readonly Linked[], rules: GatewayRules, timeline: Timeline, chance: Random) {
    this.#balancer = new Balancer<View>({ policy: "least-wait", slowStartMs: 0 }, chance);
    this.#timeline = timeline;
    this.#rules = rules;
    this.#line = new WaitingLine(rules.queue.waitMs, 0);
    const siblings = newSiblings();
    this.views = workers.map(
      (link) => new View(link, rules.limit && newAdaptiveLimit(rules.limit, siblings, 0)),
    );
    for (const view of this.views) this.#balancer.add(view);
  }

  request(request: Request): void {
    const arrivedAt = this.#timeline.nowMs;
    const waiting: Waiting = {
      ...request,
      arrivedAt,
      place: undefined,
      view: undefined,
      sentAt: 0,
      ahead: 0,
      ended: false,
    };
    if (request.patienceMs !== Infinity) {
      this.#timeline.at(arrivedAt + request.patienceMs, () => this.#leave(waiting));
    }
    if (this.#line.length === 0 && !this.#waitsForRoom(waiting) && this.#begin(waiting)) return;
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
    if (admission.kind !== "wait") return end(waiting, undefined);
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
      if (place.flow === undefined) return;
      this.#line.giveUp(place, this.#timeline.nowMs);
      end(waiting, undefined);
    });
  }

  #refuse(place: Place<Waiting>): void {
    this.#line.leave(place);
    end(place.item, undefined);
  }

  /** The client: the gateway cancels what is under way. */
  #leave(waiting: Waiting): void {
    if (waiting.ended) return;
    const { place, view } = waiting;
    end(waiting, undefined);
    if (place !== undefined) this.#line.giveUp(place, this.#timeline.nowMs);
    if (view === undefined) return;
    const now = this.#timeline.nowMs;
    if (view.limit !== undefined)
      limitAbandoned(view.limit, waiting.sentAt, waiting.ahead, now, insideMsOf(view.told, -Infinity, now));
    this.#free(view);
  }

  #free(view: View): void {
    view.inFlight -= 1;
    this.#balancer.loadChanged(view);
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    for (;;) {
      const now = this.#timeline.nowMs;
      const next = this.#line.next(now);
      if (next === undefined || !this.#balancer.hasFreeOtherThan([]) || this.#waitsForRoom(next.item)) return;
      this.#line.take(next, now);
      this.#begin(next.item);
    }
  }

  #waitsForRoom({ priority, place }: Waiting): boolean {
    if (priority !== "critical" || this.#balancer.servesAtOnce([])) return false;
    return this.#line.lengthOf(priority) <= (place === undefined ? 0 : 1);
  }

  #look(): void {
    this.#willLook = false;
    const now = this.#timeline.nowMs;
    for (const view of this.views) {
      if (view.limit === undefined || !limitLookedAt(view.limit, now)) continue;
      this.#balancer.loadChanged(view);
      this.#serveWaiting();
    }
    if (this.views.some(({ inFlight }) => inFlight > 0)) this.#lookLater();
  }

  #lookLater(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    this.#timeline.at(this.#timeline.nowMs + lookEveryMs, () => this.#look());
  }

  #begin(request: Waiting): boolean {
    const sentAt = this.#timeline.nowMs;
    const view = this.#balancer.pick(sentAt);
    if (view === undefined) return false;
    request.view = view;
    if (view.inFlight === 0) view.quietSince = sentAt;
    view.inFlight += 1;
    this.#lookLater();
    const ahead = view.limit === undefined ? 0 : limitSent(view.limit, sentAt);
    request.sentAt = sentAt;
    request.ahead = ahead;
    this.#balancer.loadChanged(view);
    view.serve(request.workMs, this.#timeline, () => {
      if (request.ended) return;
      const now = this.#timeline.nowMs;
      view.quietSince = now;
      if (view.limit !== undefined)
        limitAnswered(view.limit, sentAt, ahead, now, insideMsOf(view.told, -Infinity, now));
      observeLatency(view.latency, now - sentAt, now);
      end(request, { waitedMs: sentAt - request.arrivedAt });
      this.#free(view);
    });
    return true;
  }
}

function end(request: Waiting, answer: { waitedMs: number } | undefined): void {
  request.ended = true;
  request.done(answer);
}
