import type { ClusterEvent } from "../protocol/events.ts";
import type { ControlPorts } from "./ports.ts";

const pageSize = 200;

export interface EventReader {
  take(event: ClusterEvent): void;
  /** The store cannot be read now. */
  failed(): void;
  /** Nobody reads any more. */
  gone(): boolean;
}

/** Reads the events after one, in order and each once, whenever it is told that there may be more. */
export class EventPump {
  readonly #ports: Pick<ControlPorts, "events">;
  readonly #reader: EventReader;
  #afterId: number;
  #reading = false;
  #more = false;

  constructor(ports: Pick<ControlPorts, "events">, reader: EventReader, afterId: number) {
    this.#ports = ports;
    this.#reader = reader;
    this.#afterId = afterId;
  }

  advance(): void {
    this.#more = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#pump()
      .catch(() => this.#reader.failed())
      .finally(() => (this.#reading = false));
  }

  async #pump(): Promise<void> {
    while (this.#more && !this.#reader.gone()) {
      this.#more = false;
      const events = await this.#ports.events(this.#afterId, pageSize);
      for (const event of events) {
        this.#afterId = event.id;
        this.#reader.take(event);
      }
      if (events.length === pageSize) this.#more = true;
    }
  }
}
