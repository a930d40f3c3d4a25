import type { Worker } from "../core/registry/worker.ts";
import type { ClusterEventKind } from "../protocol/events.ts";

/** Something to be told to people; the leader writes it to the store. */
export interface Announcement {
  kind: ClusterEventKind;
  service: string;
  worker?: string;
  message: string;
  data?: Record<string, string | number | boolean>;
  /** Of a worker that was there before this controller: others may have told it. See `asFound`. */
  found?: boolean;
}

/** Puts what happened into words. */
export class Announcer {
  readonly #announce: (announcement: Announcement) => void;

  constructor(announce: (announcement: Announcement) => void) {
    this.#announce = announce;
  }

  /** What became of a worker, with its state as it is now. */
  changed(worker: Worker, kind: ClusterEventKind, message: string): void {
    const { service, id, address, generation } = worker.registration;
    const cause = worker.state.kind === "suspect" ? { cause: worker.state.cause } : {};
    const { found } = worker;
    this.#announce({ kind, service, worker: id, message, data: { address, generation, ...cause }, found });
  }

  joined(worker: Worker): void {
    const { service, id, address, generation } = worker.registration;
    const message = `${service}/${id} (${address}) has joined`;
    // Who needs no first check is live at once, and nothing else tells it.
    const data = { address, generation, state: worker.state.kind };
    const { found } = worker;
    this.#announce({ kind: "worker-joined", service, worker: id, message, data, found });
  }

  forgotten(worker: Worker): void {
    const { service, id } = worker.registration;
    this.changed(worker, "worker-forgotten", `${service}/${id} is forgotten`);
  }

  preservationOn(service: string): void {
    const message =
      `Too many workers of ${service} fell silent at once: none is taken out for silence alone any more. ` +
      "Evidence from requests and probes still counts.";
    this.#announce({ kind: "self-preservation-on", service, message });
  }

  preservationOff(service: string): void {
    const message = `The workers of ${service} are heard again: silence counts again.`;
    this.#announce({ kind: "self-preservation-off", service, message });
  }
}
