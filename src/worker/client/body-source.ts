import { EventEmitter } from "node:events";
import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { finished, Readable } from "node:stream";

export type BodyStream = AsyncIterable<Uint8Array | string>;

/**
 *   given --next--> being read --its end--> given back
 *     |                 |
 *     |                 +--letGo--> let go
 *     +--letGo, letGoUnread--> let go
 *
 * A stream that is the body of a call, from the moment it is given: an error of it ends no process, also while nobody
 * reads it yet.
 */
export class BodySource {
  readonly #reading: Reading;
  readonly #failed = new AbortController();
  #giveBack = (): void => {};
  #begun = false;

  /** Throws where somebody else reads it. */
  constructor(stream: BodyStream) {
    this.#reading = readingOf(stream);
    if (!tellsItsEnd(stream)) return;
    this.#giveBack = finished(stream, { writable: false }, (error) => {
      if (error && !this.#begun) this.#failed.abort(error);
    });
  }

  /** Aborts with the stream's own error where it fails before it is read; later `next` rejects with it. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  async next(): Promise<IteratorResult<unknown, unknown>> {
    this.#begun = true;
    const result = await this.#reading.next();
    if (result.done === true) this.#giveBack();
    return result;
  }

  /** Also while `next` waits. */
  readonly letGo = (): void => this.#reading.letGo();

  /** Whoever has begun to read it lets go of it. */
  letGoUnread(): void {
    if (!this.#begun) this.letGo();
  }
}

interface Reading {
  next(): Promise<IteratorResult<unknown, unknown>>;
  letGo(): void;
}

function readingOf(stream: BodyStream): Reading {
  if (stream instanceof ReadableStream) {
    const reader = stream.getReader();
    return { next: async () => reader.read(), letGo: () => void reader.cancel().catch(() => {}) };
  }
  // A socket that was read to its end may still be written to.
  const iterator =
    stream instanceof Readable ? stream.iterator({ destroyOnReturn: false }) : stream[Symbol.asyncIterator]();
  const end = async (): Promise<unknown> => iterator.return?.();
  return {
    next: async () => iterator.next(),
    letGo: () => {
      // The iterator of one of Node's streams does not end before the chunk comes that it waits for.
      if ("destroy" in stream && typeof stream.destroy === "function") destroy(stream as Destroyable);
      else void end().catch(() => {});
    },
  };
}

/** Streams of the web, of Node, and those made like Node's. */
function tellsItsEnd(stream: object): stream is NodeJS.ReadableStream {
  return stream instanceof ReadableStream || (stream instanceof EventEmitter && "pipe" in stream);
}

interface Destroyable {
  destroy(): void;
}

/**
 * A request that a server took shares its socket with the server's answer, which is still to be given, and with the requests
 * behind it: what still comes of it is read and dropped, as of one that no handler reads.
 */
function destroy(stream: Destroyable): void {
  if (!(stream instanceof IncomingMessage) || "req" in stream) return stream.destroy();
  const shared: { socket: Socket | null } = stream;
  const { socket } = shared;
  shared.socket = null;
  stream.destroy();
  shared.socket = socket;
  // Node stops a socket whose bytes a stream does not take, and one that is destroyed would take none.
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) push(chunk, encoding);
    return true;
  };
  socket?.resume();
}
