import { KeptBytes } from "../sockets/kept-bytes.ts";

/** Beyond it the socket is not read. */
const bytesMax = 65_536;

/** What a client sent before its turn: pipelined requests wait here for the answers to those before them. */
export class BytesAhead {
  readonly #bytes = new KeptBytes();

  get full(): boolean {
    return this.#bytes.length >= bytesMax;
  }

  /** The bytes are copied: they may be those of a read buffer. */
  hold(buffer: Buffer, from: number, to: number): void {
    this.#bytes.add(buffer, from, to);
  }

  /** In the order in which they came. */
  get all(): Buffer {
    const { chunks } = this.#bytes;
    const [first] = chunks;
    return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
  }
}
