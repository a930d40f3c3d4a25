/** Beyond it the socket is not read. */
const bytesMax = 65_536;

/** What a client sent before its turn: pipelined requests wait here for the answers to those before them. */
export class BytesAhead {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  get full(): boolean {
    return this.#bytes >= bytesMax;
  }

  /** The bytes are copied: they may be those of a read buffer. */
  hold(buffer: Buffer, from: number, to: number): void {
    this.#chunks.push(Buffer.from(buffer.subarray(from, to)));
    this.#bytes += to - from;
  }

  /** In the order in which they came. */
  get all(): Buffer {
    const [first] = this.#chunks;
    return first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
  }
}
