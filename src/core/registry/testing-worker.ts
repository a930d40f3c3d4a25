import { newWorker } from "./create.ts";
import type { Effect, WorkerEvent } from "./events.ts";
import { stepWorker } from "./step.ts";
import type { Gate, Registration, Surroundings, Worker } from "./worker.ts";

export const registration: Registration = {
  service: "web",
  id: "w1",
  address: "127.0.0.1:8081",
  generation: 1,
  ttlMs: 3_000,
  weight: 1,
  tags: [],
  metadata: {},
};

export const connectGate: Gate = { kind: "connect" };
export const checkedGate: Gate = { kind: "checked", fall: 3, rise: 2 };

/** Nothing forbids an eviction or a hold-down. */
export const calm: Omit<Surroundings, "now"> = {
  freshAt: Number.NEGATIVE_INFINITY,
  mayEvict: true,
  mayHold: true,
  othersLive: true,
};

/** A worker to which events happen at chosen times; keeps all effects. */
export class TestWorker {
  worker: Worker;
  effects: Effect[] = [];
  around = calm;

  constructor(gate: Gate = connectGate, origin: Worker["origin"] = "joined", at = 0) {
    this.worker = newWorker(registration, origin, gate, at, undefined);
  }

  /** Live by a session with this controller. */
  static session(at = 0): TestWorker {
    const one = new TestWorker(connectGate, "joined", at);
    return one
      .at(at, { kind: "session-opened", registration })
      .at(at, { kind: "check-passed", answered: false });
  }

  /** Live by plain heartbeats. */
  static heartbeat(at = 0): TestWorker {
    const one = new TestWorker(checkedGate, "joined", at);
    return one.at(at, { kind: "heartbeat", registration }).at(at, { kind: "check-passed", answered: true });
  }

  static configured(at = 0): TestWorker {
    return new TestWorker(checkedGate, "configured", at).at(at, { kind: "check-passed", answered: true });
  }

  at(now: number, ...events: WorkerEvent[]): this {
    this.effects = [];
    for (const event of events) {
      const step = stepWorker(this.worker, event, { ...this.around, now });
      this.worker = step.worker;
      this.effects.push(...step.effects);
    }
    return this;
  }

  /** `live`, `suspect refused hard`, ... */
  get state(): string {
    const { state } = this.worker;
    return state.kind === "suspect" ? `suspect ${state.cause} ${state.strength}` : state.kind;
  }

  get probes(): string[] {
    return this.effects.flatMap((one) => (one.kind === "probe" ? [`${one.how} ${one.afterMs}`] : []));
  }

  get told(): string[] {
    return this.effects.flatMap((one) => (one.kind === "tell" ? [one.what] : []));
  }
}
