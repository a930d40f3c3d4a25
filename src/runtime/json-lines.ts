/** A line longer than this breaks the connection. What may become long is bounded where it begins, below this. */
export const lineBytesMaxDefault = 8 * 1024 * 1024;

export function encodeLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/**
 * Cuts a byte stream into lines and reads each as JSON. `push` returns the values completed by this piece.
 * It throws when a line is too long or no JSON: the stream is then of no more use and must be closed.
 */
export class JsonLines {
  readonly #lineBytesMax: number;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  constructor(lineBytesMax = lineBytesMaxDefault) {
    this.#lineBytesMax = lineBytesMax;
  }

  push(chunk: Buffer): unknown[] {
    const values: unknown[] = [];
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      const line = this.#complete(chunk.subarray(from, end));
      from = end + 1;
      if (line.trim() !== "") values.push(JSON.parse(line));
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return values;
  }

  #complete(tail: Buffer): string {
    this.#keep(tail);
    const line = Buffer.concat(this.#pieces).toString("utf8");
    this.#pieces = [];
    this.#pendingBytes = 0;
    return line;
  }

  #keep(piece: Buffer): void {
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#lineBytesMax) {
      throw new Error(`a line is longer than ${this.#lineBytesMax} bytes`);
    }
    this.#pieces.push(piece);
  }
}
