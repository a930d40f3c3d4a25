import type { ClusterEvent } from "../../protocol/events.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { Places } from "../../runtime/places.ts";
import { ControllerStreams } from "./controller-streams.ts";

/** An event of the cluster, and when it arrived here. */
export interface SeenEvent {
  at: number;
  event: ClusterEvent;
}

/** Reads the events of every controller of a host as they come. The same event may arrive by several controllers. */
export class EventWatch {
  readonly #clock: Clock;
  readonly #streams: ControllerStreams;
  readonly #seen: SeenEvent[] = [];

  constructor(places: Places, clock: Clock = systemClock) {
    this.#clock = clock;
    const listener = {
      begins: () => {},
      line: (_: string, line: string) => this.#received(line),
      ends: () => {},
    };
    const asked = { path: "/v1/events", accept: "text/event-stream" };
    this.#streams = new ControllerStreams(places, asked, listener, clock);
  }

  close(): void {
    this.#streams.close();
  }

  /** Events that arrived since `at`, in the order of their arrival. */
  since(at: number): SeenEvent[] {
    return this.#seen.filter((seen) => seen.at >= at);
  }

  #received(line: string): void {
    if (!line.startsWith("data:")) return;
    const event = JSON.parse(line.slice("data:".length)) as ClusterEvent;
    this.#seen.push({ at: this.#clock.now(), event });
  }
}
