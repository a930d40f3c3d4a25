import type { LiveSnapshot } from "../protocol/live.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { LiveChanges, liveProxy, type LiveView, liveWorker } from "./live-delta.ts";
import type { ControlPorts } from "./ports.ts";

const everyMs = 200;

export type LivePorts = Pick<
  ControlPorts,
  "controller" | "guard" | "lastEventId" | "workers" | "services" | "controllers" | "reports"
>;

/**
 * Looks for changes five times in a second, once for all readers, and only while there are any. Each delta is made
 * into text once.
 */
export class LiveFeed {
  readonly #ports: LivePorts;
  readonly #clock: Clock;
  readonly #readers = new Set<(delta: string) => void>();
  #changes = new LiveChanges();
  #timer: Timer | undefined;

  constructor(ports: LivePorts, clock: Clock) {
    this.#ports = ports;
    this.#clock = clock;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The snapshot's text; from then on `changed` gets the text of every delta. */
  subscribe(operator: boolean, changed: (delta: string) => void): { snapshot: string; end(): void } {
    // Those who read already must not miss what the newcomer's snapshot holds.
    const view = this.#look();
    this.#readers.add(changed);
    this.#timer ??= this.#clock.every(everyMs, () => this.#look());
    const { controller } = this.#ports;
    const at = this.#ports.guard().wallTime();
    const lastEventId = this.#ports.lastEventId();
    const snapshot: LiveSnapshot = { v: 1, controller, at, lastEventId, operator, ...view };
    return { snapshot: JSON.stringify(snapshot), end: () => this.#end(changed) };
  }

  #look(): LiveView {
    const ports = this.#ports;
    const view: LiveView = {
      workers: ports.workers().map(liveWorker),
      services: ports.services().services,
      controllers: ports.controllers(),
      proxies: ports.reports().map(liveProxy),
    };
    const delta = this.#changes.since(view);
    if (delta !== undefined && this.#readers.size > 0) {
      const text = JSON.stringify(delta);
      for (const changed of this.#readers) changed(text);
    }
    return view;
  }

  #end(changed: (delta: string) => void): void {
    this.#readers.delete(changed);
    if (this.#readers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#changes = new LiveChanges();
  }
}
