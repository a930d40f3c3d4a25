import { type Patience, urgent, withStoppedMs } from "../../core/health/inquiry.ts";
import { stallAfterMs } from "../../core/health/stall.ts";
import { authorityOf, type Dialled } from "../../runtime/dial.ts";
import type { Engine } from "../engine.ts";
import { dialWorker } from "./dial-worker.ts";
import { probe, type ProbeResult, type Question } from "./probe.ts";
import type { ServicePool } from "./service-pool.ts";
import type { Worker } from "./worker.ts";

/** Asks the workers of one service over connections of their own, each one question at a time. */
export class Inquiries {
  readonly #engine: Engine;
  readonly #pool: ServicePool;
  readonly #over: (worker: Worker) => void;

  /** `over`: a question was answered, or not in time; after what follows of it. */
  constructor(engine: Engine, pool: ServicePool, over: (worker: Worker) => void) {
    this.#engine = engine;
    this.#pool = pool;
    this.#over = over;
  }

  /** The service's check; undefined: it has none by HTTP. */
  get check(): Question | undefined {
    const { check } = this.#pool.settings;
    return check.kind === "http" ? { method: "GET", path: check.path } : undefined;
  }

  get checkMs(): number {
    const { check } = this.#pool.settings;
    return check.kind === "none" ? 1000 : check.timeoutMs;
  }

  /** Requests wait there. */
  get urgency(): Patience {
    return withStoppedMs(urgent, Math.min(stallAfterMs(this.#pool.p99Ms), this.checkMs));
  }

  /** `question` undefined: whether it takes connections. Nothing follows for a worker that has gone meanwhile. */
  ask(
    worker: Worker,
    question: Question | undefined,
    patience: Patience,
    done: (result: ProbeResult) => void,
  ): void {
    worker.probing = true;
    const { tls } = worker;
    const trust = tls === undefined ? undefined : this.#engine.trusts.of(worker.service, tls);
    const dial = (): Dialled => dialWorker(this.#engine, worker);
    const lacksMeans = (error: NodeJS.ErrnoException): void => this.#engine.dialLack.complain(error);
    const asked = { dial, question, authority: authorityOf(worker, trust), patience, lacksMeans };
    probe(this.#engine.wheel, asked, (result) => {
      worker.probing = false;
      if (worker.gone) return;
      done(result);
      this.#over(worker);
    });
  }
}
