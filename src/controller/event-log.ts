import type { Clock } from "../runtime/clock.ts";
import type { Lease, NewEvent, Store } from "../store/store.ts";

const batchMs = 20;
const retryMs = 100;
const batchMax = 500;
const queueMax = 5_000;

export interface EventLogPorts {
  store: Pick<Store, "write">;
  clock: Clock;
  lease(): Lease | undefined;
  staleTerm(term: number): void;
  failed(error: Error): void;
}

/** Writes events to the store while this controller leads, in batches; a standby's are the leader's as well. */
export class EventLog {
  readonly #ports: EventLogPorts;
  #queue: NewEvent[] = [];
  #scheduled = false;

  constructor(ports: EventLogPorts) {
    this.#ports = ports;
  }

  add(event: Omit<NewEvent, "at">): void {
    if (this.#ports.lease() === undefined) return;
    // A store that fails for long costs the oldest events, not memory without end.
    if (this.#queue.length >= queueMax) this.#queue.shift();
    this.#queue.push({ at: this.#ports.clock.wallTime(), ...event });
    this.#soon(batchMs);
  }

  /** Resolves when what was added is written, or cannot be. */
  async flush(): Promise<void> {
    const lease = this.#ports.lease();
    if (lease === undefined) {
      this.#queue = [];
      return;
    }
    const batch = this.#queue.splice(0, batchMax);
    if (batch.length === 0) return;
    try {
      const changes = batch.map((event) => ({ kind: "event" as const, event }));
      const outcome = await this.#ports.store.write(lease, changes);
      if (outcome === "stale-term") this.#ports.staleTerm(lease.term);
      if (this.#queue.length > 0) this.#soon(0);
    } catch (error) {
      this.#queue.unshift(...batch);
      this.#ports.failed(error instanceof Error ? error : new Error(String(error)));
      this.#soon(retryMs);
    }
  }

  #soon(ms: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#ports.clock.after(ms, () => {
      this.#scheduled = false;
      void this.flush();
    });
  }
}
