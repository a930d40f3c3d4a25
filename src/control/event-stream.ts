import type { ServerResponse } from "node:http";
import type { ClusterEvent } from "../protocol/events.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ControlPorts } from "./ports.ts";

const pageSize = 200;
const backlogBytesMax = 1024 * 1024;
const aliveMs = 15_000;

/**
 * `GET /v1/events` as server-sent events. The id of each is the event's id, so that a reader that lost the stream
 * goes on with `Last-Event-ID`, at this controller or at another: all read the same store.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #ports: ControlPorts;
  readonly #clock: Clock;
  #afterId: number;
  #reading = false;
  #more = false;

  constructor(response: ServerResponse, ports: ControlPorts, clock: Clock, afterId: number) {
    this.#response = response;
    this.#ports = ports;
    this.#afterId = afterId;
    this.#clock = clock;
  }

  start(): void {
    const response = this.#response;
    const ports = this.#ports;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": skein events\n\n");
    const alive = this.#clock.every(aliveMs, () => response.write(": alive\n\n"));
    const unwatch = ports.onEvents(() => this.#advance());
    response.on("error", () => {});
    response.on("close", () => {
      alive.cancel();
      unwatch();
    });
    this.#advance();
  }

  #advance(): void {
    this.#more = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#pump()
      // The store cannot be read now: the reader comes again and resumes.
      .catch(() => this.#response.destroy())
      .finally(() => (this.#reading = false));
  }

  async #pump(): Promise<void> {
    while (this.#more && !this.#response.destroyed) {
      this.#more = false;
      const events = await this.#ports.events(this.#afterId, pageSize);
      for (const event of events) this.#write(event);
      if (events.length === pageSize) this.#more = true;
    }
  }

  #write(event: ClusterEvent): void {
    this.#afterId = event.id;
    this.#response.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    if (this.#response.writableLength > backlogBytesMax) this.#response.destroy();
  }
}
