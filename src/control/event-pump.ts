import type { ClusterEvent } from "../protocol/events.ts";
import type { ControlPorts } from "./ports.ts";

const pageSize = 200;

export interface EventReader {
  take(event: ClusterEvent): void;
  /** The store cannot be read now. */
  failed(): void;
  /** Nobody reads any more. */
  gone(): boolean;
  /** Waited for after each page: that there is room for the next one. Unset: there always is. */
  room?(): Promise<void>;
}

/**
 * Reads the events after one, in order and each once, whenever it is told that there may be more. Where ids go back, because
 * another history counts from now on, it begins with that one.
 */
export class EventPump {
  readonly #ports: Pick<ControlPorts, "events" | "lastEventId">;
  readonly #reader: EventReader;
  #afterId: number;
  /** Of another history, so many of the newest. */
  readonly #toldFirst: number;
  #reading = false;
  #more = false;

  constructor(
    ports: Pick<ControlPorts, "events" | "lastEventId">,
    reader: EventReader,
    afterId: number,
    toldFirst = Number.POSITIVE_INFINITY,
  ) {
    this.#ports = ports;
    this.#reader = reader;
    this.#afterId = afterId;
    this.#toldFirst = toldFirst;
  }

  advance(): void {
    this.#more = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#pump().then(
      () => {
        this.#reading = false;
        // Told between the end of the last page and here.
        if (this.#more && !this.#reader.gone()) this.advance();
      },
      () => {
        this.#reading = false;
        this.#reader.failed();
      },
    );
  }

  async #pump(): Promise<void> {
    while (this.#more && !this.#reader.gone()) {
      this.#more = false;
      this.#afterId = await this.#goOnAfter();
      const events = await this.#ports.events(this.#afterId, pageSize);
      for (const event of events) {
        this.#afterId = event.id;
        this.#reader.take(event);
      }
      if (events.length === pageSize) this.#more = true;
      await this.#reader.room?.();
    }
  }

  /** An id that the store never gave is of a history before: then everything that is there is new to the reader. */
  async #goOnAfter(): Promise<number> {
    const lastId = this.#ports.lastEventId();
    if (lastId >= this.#afterId) return this.#afterId;
    // What is known here may be older than what was read: only the store itself can tell.
    const [there] = await this.#ports.events(this.#afterId - 1, 1);
    return there === undefined ? Math.max(0, lastId - this.#toldFirst) : this.#afterId;
  }
}
