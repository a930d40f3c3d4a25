import { chunkHead, chunkTail, lastChunk } from "../../http1/http1.ts";
import type { TrailerScanner } from "../../http1/trailers.ts";
import type { BodySink } from "./request-body.ts";
import type { VirtualSocket } from "./virtual-socket.ts";

/** Gives a socket the bytes of a request as HTTP/1.1 text, for Node's own parser. */
export class TextFeed implements BodySink {
  readonly #socket: VirtualSocket;
  #chunked = false;

  constructor(socket: VirtualSocket) {
    this.#socket = socket;
  }

  head(text: string, chunked: boolean): void {
    this.#chunked = chunked;
    this.#push(Buffer.from(text, "latin1"));
  }

  body(bytes: Buffer): boolean {
    if (!this.#chunked) return this.#push(bytes);
    const head = Buffer.from(chunkHead(bytes.length), "latin1");
    return this.#push(Buffer.concat([head, bytes, Buffer.from(chunkTail, "latin1")]));
  }

  whole(trailers: TrailerScanner | undefined): void {
    if (this.#chunked) this.#push(Buffer.from(lastChunk(trailers?.kept ?? ""), "latin1"));
  }

  #push(bytes: Buffer): boolean {
    this.#socket.touched(bytes.length, 0);
    return this.#socket.push(bytes);
  }
}

/** After an upgrade: bytes as they are, to their end. */
export class TunnelFeed implements BodySink {
  readonly #socket: VirtualSocket;

  constructor(socket: VirtualSocket) {
    this.#socket = socket;
  }

  body(bytes: Buffer): boolean {
    this.#socket.touched(bytes.length, 0);
    return this.#socket.push(bytes);
  }

  whole(): void {
    this.#socket.push(null);
    // As a real socket does: the end is heard also by who reads nothing.
    this.#socket.read(0);
  }
}
