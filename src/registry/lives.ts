import type { Worker } from "../core/registry/worker.ts";
import type { Announcer } from "./announcer.ts";
import type { Checker } from "./checker.ts";
import { hasMoved } from "./claim.ts";
import type { Entries } from "./entries.ts";
import type { Entry } from "./entry.ts";
import type { Fleets } from "./fleets.ts";
import { pastWith } from "./graves.ts";
import type { LeaseClock } from "./lease-clock.ts";
import type { Overrides } from "./overrides.ts";
import type { Publisher } from "./publisher.ts";
import type { Sessions } from "./sessions.ts";

/** Who keeps something about a worker. */
export interface LivesPorts {
  announcer: Announcer;
  checker: Pick<Checker, "consider" | "forget">;
  entries: Entries;
  fleets: Fleets;
  leases: Pick<LeaseClock, "schedule">;
  overrides: Pick<Overrides, "applyTo">;
  publisher: Pick<Publisher, "remove" | "touch">;
  sessions: Sessions;
  /** A service has its first worker, or no worker any more. */
  servicesChanged(): void;
}

/** How the lives of a worker follow each other: one begins in place of the one before, and the last is forgotten. */
export class Lives {
  readonly #ports: LivesPorts;

  constructor(ports: LivesPorts) {
    this.#ports = ports;
  }

  /** `vouched`: it needs no first check here. */
  begin(worker: Worker, vouched: boolean): Entry {
    const { entries, fleets } = this.#ports;
    const { service, id } = worker.registration;
    const known = entries.get(service, id);
    if (known !== undefined) return this.#beginAgain(known, worker, vouched);
    const firstOfService = fleets.counts(service).members === 0;
    const entry = entries.add(worker);
    fleets.joined(worker);
    if (firstOfService) this.#ports.servicesChanged();
    this.#begun(entry, vouched);
    return entry;
  }

  #beginAgain(entry: Entry, worker: Worker, vouched: boolean): Entry {
    const { checker, entries, fleets, publisher, sessions } = this.#ports;
    const { generation } = worker.registration;
    const moved = hasMoved(entry.worker, worker.registration);
    fleets.gone(entry.worker);
    entries.replace(entry, worker);
    entry.instance = undefined;
    entry.told = undefined;
    entry.past = pastWith(entry.past, worker.registration);
    fleets.joined(worker);
    checker.forget(entry);
    entry.onDraining = undefined;
    if (moved) sessions.end(entry, "session-replaced", "This life has moved to another address.", false);
    else {
      const detail = `A newer life of this worker (generation ${generation}) has joined.`;
      sessions.end(entry, "generation-old", detail, true);
    }
    publisher.touch(entry);
    this.#begun(entry, vouched);
    return entry;
  }

  #begun(entry: Entry, vouched: boolean): void {
    const { announcer, checker, leases, overrides, publisher } = this.#ports;
    announcer.joined(entry.worker);
    overrides.applyTo(entry);
    publisher.touch(entry);
    if (!vouched) checker.consider(entry);
    leases.schedule(entry);
  }

  forget(entry: Entry): void {
    const { checker, entries, fleets, publisher } = this.#ports;
    const { worker } = entry;
    if (!entries.delete(entry)) return;
    fleets.gone(worker);
    checker.forget(entry);
    publisher.remove(entry);
    if (fleets.counts(worker.registration.service).members === 0) this.#ports.servicesChanged();
  }
}
