import { admit, type Admission } from "../../core/admission/admission.ts";
import { rankOf } from "../../core/admission/priority.ts";
import type { Place } from "../../core/admission/waiting-line.ts";
import { WaitingLines } from "../../core/admission/waiting-lines.ts";
import type { Balancer } from "../../core/balancing/balancer.ts";
import type { Service } from "../../protocol/configuration.ts";
import type { Engine } from "../engine.ts";
import { type Applicant, noWorkers } from "../exchange/applicant.ts";
import type { ServiceCounters } from "../reports/statistics.ts";
import type { Worker } from "./worker.ts";

/** What they wait for. */
interface LineOwner {
  readonly settings: Service;
  readonly counters: ServiceCounters;
  candidatesOf(subset: string | undefined): Balancer<Worker>;
}

/** Requests of one service for which no worker is free, in this proxy: whether one may wait, and who goes next. */
export class ServiceLine {
  readonly #engine: Engine;
  readonly #of: LineOwner;
  readonly #lines: WaitingLines<Applicant>;

  constructor(engine: Engine, owner: LineOwner, now: number) {
    this.#engine = engine;
    this.#of = owner;
    this.#lines = new WaitingLines(owner.settings.queue.waitMs, now);
  }

  get length(): number {
    return this.#lines.length;
  }

  set waitMs(waitMs: number) {
    this.#lines.waitMs = waitMs;
  }

  /** A newcomer does not overtake those that wait. */
  holdsBack(applicant: Applicant): boolean {
    if (applicant.waited) return false;
    return (
      (this.#lines.of(applicant.aim.subset)?.length ?? 0) > 0 ||
      this.#waitsForRoom(applicant, applicant.tried)
    );
  }

  admission(applicant: Applicant, now: number): Admission {
    const { queue } = this.#of.settings;
    const candidates = this.#of.candidatesOf(applicant.aim.subset);
    const line = this.#lines.of(applicant.aim.subset);
    return admit(
      {
        someCandidate: candidates.hasOtherThan(applicant.tried),
        someFree: this.#hasRoom(applicant, applicant.tried),
        waiting: line?.length ?? 0,
        someGivesWay: () => line?.victim(applicant, now) !== undefined,
        waitedMs: applicant.waitedMs(now),
        leftMs: applicant.deadlineAt - now,
      },
      {
        queue: { max: queue.max, waitMs: line?.patienceMs(now) ?? queue.waitMs },
        noWorkerWaitMs: this.#engine.rules().settings.timeouts.noWorkerWaitMs,
      },
    );
  }

  /**
   * Where the line is full, somebody else gives way: see `admission`. It is told its place first: what is told to anybody
   * here may end this very wait.
   */
  wait(applicant: Applicant, now: number): void {
    const { settings, counters } = this.#of;
    const { subset } = applicant.aim;
    const line = this.#lines.of(subset);
    const isFull = (line?.length ?? 0) >= settings.queue.max;
    const victim = isFull ? line?.victim(applicant, now) : undefined;
    if (victim !== undefined) this.#lines.leave(victim, subset);
    applicant.waitsAt(this.#lines.join(applicant, subset, now));
    counters.waited += 1;
    victim?.item.displaced();
    // Now that it waits, too, somebody may go who waited for more room; or itself, to a worker that it has tried.
    if (applicant.priority === "critical" || applicant.tried.length > 0) this.serve();
  }

  /** It waits no more, and was not served: see `WaitingLine.giveUp`. Those that it held up while it waited for room may go. */
  giveUp(place: Place<Applicant>): void {
    const { aim, priority } = place.item;
    this.#lines.giveUp(place, aim.subset, this.#engine.wheel.now);
    if (priority === "critical") this.serve();
  }

  /** Somebody may be free now: as many go as there is room for, each the next of all lines. */
  serve(): void {
    for (let waiting = this.#lines.length; waiting > 0; waiting -= 1) {
      const now = this.#engine.clock.now();
      const next = this.#next(now);
      if (next === undefined) return;
      if (!this.#hasRoom(next.item, next.item.tried)) next.item.startOver();
      this.#go(next, now);
    }
  }

  /** Of those that are next in their lines (see `WaitingLine`) and may go, the one of the highest class; lines take turns. */
  #next(now: number): Place<Applicant> | undefined {
    let first: Place<Applicant> | undefined;
    for (const line of this.#lines) {
      const next = line.next(now);
      if (next === undefined) continue;
      const goesBefore = first === undefined || rankOf(next.item.priority) < rankOf(first.item.priority);
      if (goesBefore && this.#mayGo(next.item)) first = next;
    }
    return first;
  }

  /** It may not wait any longer: it goes to whatever worker is free, and before its turn. False: none is, or it is too late. */
  goAnyway(place: Place<Applicant>, now: number): boolean {
    const { aim, priority, tried, deadlineAt } = place.item;
    const candidates = this.#of.candidatesOf(aim.subset);
    if (now >= deadlineAt || !candidates.hasFreeOtherThan(noWorkers)) return false;
    if (!candidates.hasFreeOtherThan(tried)) place.item.startOver();
    this.#go(place, now);
    if (priority === "critical") this.serve();
    return true;
  }

  #go(place: Place<Applicant>, now: number): void {
    const { item } = place;
    this.#lines.take(place, item.aim.subset, now);
    this.#of.counters.waitedMs += item.inLineMs(now);
    item.tryAgain(now);
  }

  /** Rather than hold up those behind it while a worker is free, it goes to one once more that it has tried in vain. */
  #mayGo(first: Applicant): boolean {
    const { tried } = first;
    return this.#hasRoom(first, tried) || (tried.length > 0 && this.#hasRoom(first, noWorkers));
  }

  #hasRoom(applicant: Applicant, tried: readonly Worker[]): boolean {
    const candidates = this.#of.candidatesOf(applicant.aim.subset);
    return candidates.hasFreeOtherThan(tried) && !this.#waitsForRoom(applicant, tried);
  }

  /**
   * What is critical goes where it is served at once, and not to the place that each worker has beyond that: a wait in
   * a worker is one behind others. But if others of its class wait as well, that would only cost all of them.
   */
  #waitsForRoom({ priority, aim, waited }: Applicant, tried: readonly Worker[]): boolean {
    if (priority !== "critical" || aim.key !== undefined || aim.wanted !== undefined) return false;
    if (this.#of.candidatesOf(aim.subset).servesAtOnce(tried)) return false;
    return (this.#lines.of(aim.subset)?.lengthOf(priority) ?? 0) <= (waited ? 1 : 0);
  }
}
