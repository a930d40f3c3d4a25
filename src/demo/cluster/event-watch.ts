import { type ClientRequest, request } from "node:http";
import type { ClusterEvent } from "../../protocol/events.ts";
import { type Clock, systemClock, type Timer } from "../../runtime/clock.ts";
import type { Places } from "../../runtime/places.ts";
import { controllerSockets } from "./table-watch.ts";

/** An event of the cluster, and when it arrived here. */
export interface SeenEvent {
  at: number;
  event: ClusterEvent;
}

/** Reads the events of every controller of a host as they come. The same event may arrive by several controllers. */
export class EventWatch {
  readonly #places: Places;
  readonly #clock: Clock;
  readonly #streams = new Map<string, ClientRequest>();
  readonly #seen: SeenEvent[] = [];
  readonly #timer: Timer;

  constructor(places: Places, clock: Clock = systemClock) {
    this.#places = places;
    this.#clock = clock;
    this.#attachNew();
    this.#timer = clock.every(50, () => this.#attachNew());
  }

  close(): void {
    this.#timer.cancel();
    for (const stream of this.#streams.values()) stream.destroy();
  }

  /** Events that arrived since `at`, in the order of their arrival. */
  since(at: number): SeenEvent[] {
    return this.#seen.filter((seen) => seen.at >= at);
  }

  #attachNew(): void {
    for (const name of controllerSockets(this.#places.run)) {
      if (!this.#streams.has(name)) this.#attach(name);
    }
  }

  #attach(name: string): void {
    const call = request({
      socketPath: this.#places.controllerSocket(name),
      path: "/v1/events",
      headers: { host: "localhost", accept: "text/event-stream" },
      agent: false,
    });
    this.#streams.set(name, call);
    const detach = (): void => {
      if (this.#streams.get(name) === call) this.#streams.delete(name);
    };
    call.on("error", detach);
    call.on("response", (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (piece: string) => {
        text += piece;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) this.#received(line);
      });
      response.on("error", detach);
      response.on("close", detach);
    });
    call.end();
  }

  #received(line: string): void {
    if (!line.startsWith("data:")) return;
    const event = JSON.parse(line.slice("data:".length)) as ClusterEvent;
    this.#seen.push({ at: this.#clock.now(), event });
  }
}
