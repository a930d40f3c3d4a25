import { tickDueAt } from "../core/registry/judge.ts";
import { freshAfter } from "../core/registry/lease.ts";
import { registryNumbers } from "../core/registry/worker.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { DueWheel } from "./due-wheel.ts";
import type { Entry } from "./entry.ts";

export const leaseTickMs = 20;

export interface LeaseClockPorts {
  clock: Clock;
  /** Time alone may change something about this worker now. False: it is forgotten. */
  due(entry: Entry): boolean;
  /** After each tick, when everything that waited in the sockets has been read. */
  ticked(now: number): void;
}

/**
 * When time alone changes something about a worker. One timer for all; a beat costs nothing here, because a lease
 * that was renewed meanwhile is only found to be longer when its old end is reached.
 *
 * Pause-safe: silence is judged only after everything that waits in the sockets has been read, and a tick that
 * comes late gives everyone a fresh lease.
 */
export class LeaseClock {
  readonly #ports: LeaseClockPorts;
  readonly #wheel: DueWheel<Entry>;
  #freshAt = Number.NEGATIVE_INFINITY;
  #expectedAt: number;
  #timer: Timer | undefined;

  constructor(ports: LeaseClockPorts) {
    this.#ports = ports;
    const now = ports.clock.now();
    this.#wheel = new DueWheel(leaseTickMs, now);
    this.#expectedAt = now + leaseTickMs;
  }

  /** Every lease begins no earlier. Known as soon as a pause is over, before the first tick after it. */
  get freshAt(): number {
    return freshAfter(this.#freshAt, this.#expectedAt, this.#ports.clock.now());
  }

  start(): void {
    const { clock } = this.#ports;
    this.#expectedAt = clock.now() + leaseTickMs;
    this.#timer = clock.every(leaseTickMs, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** To be called after anything changed about the worker. */
  schedule(entry: Entry): void {
    const now = this.#ports.clock.now();
    const due = tickDueAt(entry.worker, this.#freshAt);
    const at = due > now ? due : now + registryNumbers.retryEvictionMs;
    if (at >= entry.tickAt) return;
    entry.tickAt = at;
    this.#wheel.put(entry, at);
  }

  #tick(): void {
    const now = this.#ports.clock.now();
    this.#freshAt = freshAfter(this.#freshAt, this.#expectedAt, now);
    this.#expectedAt = now + leaseTickMs;
    this.#ports.clock.afterPendingInput(() => this.#afterInput());
  }

  #afterInput(): void {
    const now = this.#ports.clock.now();
    this.#freshAt = freshAfter(this.#freshAt, this.#expectedAt, now);
    for (const entry of this.#wheel.take(now)) {
      if (entry.tickAt > now) continue;
      entry.tickAt = Number.POSITIVE_INFINITY;
      const isDue = tickDueAt(entry.worker, this.#freshAt) <= now;
      if (!isDue || this.#ports.due(entry)) this.schedule(entry);
    }
    this.#ports.ticked(now);
  }
}
