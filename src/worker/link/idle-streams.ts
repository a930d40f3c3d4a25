import type { RequestStream } from "./request-stream.ts";

/** Streams without a request, and their sockets, for the requests to come: the one used last is used first. */
export class IdleStreams {
  readonly #streams: RequestStream[] = [];
  /** The fewest since `trim`: so many were not needed. */
  #fewest = 0;

  take(): RequestStream | undefined {
    let stream = this.#streams.pop();
    // A service may destroy the sockets that it sees idle.
    while (stream?.dead === true) stream = this.#streams.pop();
    this.#fewest = Math.min(this.#fewest, this.#streams.length);
    return stream;
  }

  add(stream: RequestStream): void {
    this.#streams.push(stream);
  }

  /** Gives up what was not needed since the last time. */
  trim(): void {
    for (const stream of this.#streams.splice(0, this.#fewest)) stream.close();
    this.#fewest = this.#streams.length;
  }

  close(): void {
    for (const stream of this.#streams.splice(0)) stream.close();
  }
}
