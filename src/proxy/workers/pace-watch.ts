import { isOnTrial } from "../../core/health/health.ts";
import { newPace, notePace, type Pace, type Paced, slowAmong, slowNumbers } from "../../core/health/slow.ts";
import type { Service } from "../../protocol/configuration.ts";
import type { Engine } from "../engine.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Worker } from "./worker.ts";

/** The slice of a pool that is needed here. */
interface WorkersOfService {
  readonly workers: ReadonlyMap<string, Worker>;
  readonly settings: Pick<Service, "slowStartMs">;
}

interface Runner extends Paced {
  readonly worker: Worker;
}

/** Looks for workers of one service that answer far more slowly than the others. Where nothing is answered nobody looks. */
export class PaceWatch {
  readonly #engine: Engine;
  readonly #pool: WorkersOfService;
  readonly #isSlow: (worker: Worker, now: number) => void;
  readonly #look: Deadline;
  #paces = new WeakMap<Worker, Pace>();

  /** `isSlow` is told of each that is to go out. */
  constructor(engine: Engine, pool: WorkersOfService, isSlow: (worker: Worker, now: number) => void) {
    this.#engine = engine;
    this.#pool = pool;
    this.#isSlow = isSlow;
    this.#look = new Deadline(engine.wheel, (now) => this.#lookAtAll(now));
  }

  answered(worker: Worker, tookMs: number): void {
    let pace = this.#paces.get(worker);
    if (pace === undefined) this.#paces.set(worker, (pace = newPace()));
    notePace(pace, tookMs);
    if (this.#look.dueAt === Infinity) this.#look.setAt(this.#engine.wheel.now + slowNumbers.lookEveryMs);
  }

  /** It is back from having been out: what it did before says nothing any more. */
  forget(worker: Worker): void {
    this.#paces.delete(worker);
  }

  #lookAtAll(now: number): void {
    const live: Runner[] = [];
    let all = 0;
    let out = 0;
    const { workers, settings } = this.#pool;
    for (const worker of workers.values()) {
      all += 1;
      const { health, liveSince } = worker;
      if (health.kind !== "ok" && health.cause === "slow") out += 1;
      const pace = this.#paces.get(worker);
      if (health.kind !== "ok" || worker.state.kind !== "live" || pace === undefined) continue;
      const warming = now - liveSince < settings.slowStartMs;
      live.push({ worker, pace, warming, onTrial: isOnTrial(health, now) });
    }
    for (const { worker } of slowAmong(live, { out, all })) this.#isSlow(worker, now);
  }

  dispose(): void {
    this.#look.dispose();
  }
}
