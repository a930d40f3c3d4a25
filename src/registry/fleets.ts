import {
  afterDenial,
  afterEviction,
  calmDown,
  calmFleet,
  type Fleet,
  type FleetCounts,
  mayEvict,
  mayHold,
} from "../core/registry/fleet.ts";
import type { Surroundings, Worker } from "../core/registry/worker.ts";

interface Counted {
  fleet: Fleet;
  live: number;
  silent: number;
  /** Entries of the service in any state. */
  members: number;
}

/** Counts per service, kept with every change of a worker, so that no rule has to walk over the workers. */
export class Fleets {
  readonly #services = new Map<string, Counted>();

  around(worker: Worker, freshAt: number, now: number): Surroundings {
    const counted = this.#counted(worker.registration.service);
    const ownLive = worker.state.kind === "live" ? 1 : 0;
    return {
      now,
      freshAt,
      mayEvict: mayEvict(counted.fleet, counted, now),
      mayHold: mayHold(counted),
      othersLive: counted.live - ownLive > 0,
    };
  }

  joined(worker: Worker): void {
    const counted = this.#counted(worker.registration.service);
    counted.members += 1;
    count(counted, worker, 1);
  }

  changed(before: Worker, after: Worker): void {
    if (before.state === after.state) return;
    const counted = this.#counted(after.registration.service);
    count(counted, before, -1);
    count(counted, after, 1);
  }

  gone(worker: Worker): void {
    const { service } = worker.registration;
    const counted = this.#counted(service);
    counted.members -= 1;
    count(counted, worker, -1);
    if (counted.members <= 0) this.#services.delete(service);
  }

  evicted(service: string, now: number): void {
    const counted = this.#counted(service);
    counted.fleet = afterEviction(counted.fleet, now);
  }

  /** True: the alarm begins. */
  denied(service: string, now: number): boolean {
    const counted = this.#counted(service);
    const begins = !counted.fleet.preserving;
    counted.fleet = afterDenial(counted.fleet, now);
    return begins;
  }

  /** The services whose alarm ends. */
  calmed(now: number): string[] {
    const over: string[] = [];
    for (const [service, counted] of this.#services) {
      const fleet = calmDown(counted.fleet, now);
      if (fleet !== counted.fleet) over.push(service);
      counted.fleet = fleet;
    }
    return over;
  }

  counts(service: string): FleetCounts & { members: number; preserving: boolean } {
    const counted = this.#services.get(service);
    return {
      live: counted?.live ?? 0,
      silent: counted?.silent ?? 0,
      members: counted?.members ?? 0,
      preserving: counted?.fleet.preserving ?? false,
    };
  }

  /** Services that have workers. */
  names(): string[] {
    return [...this.#services.keys()];
  }

  #counted(service: string): Counted {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const fresh: Counted = { fleet: calmFleet, live: 0, silent: 0, members: 0 };
    this.#services.set(service, fresh);
    return fresh;
  }
}

function count(counted: Counted, worker: Worker, by: 1 | -1): void {
  const { state } = worker;
  if (state.kind === "live") counted.live += by;
  if (state.kind === "suspect" && (state.cause === "session-lost" || state.cause === "lease-expired")) {
    counted.silent += by;
  }
}
