import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const blockBytes = 256 * 1024;
/** A log without what is looked for is not read through to its beginning. */
const lookedThroughBytesMax = 64 * 1024 * 1024;
const lookEveryMs = 200;

/** A file of lines, from its end. */
export class Tail {
  readonly #fd: number;
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#fd = openSync(path, "r");
    this.#offset = fstatSync(this.#fd).size;
  }

  /** What `take` makes of the last lines, at most so many, in their order. It leaves lines out by undefined. */
  last<T>(count: number, take: (line: string) => T | undefined): T[] {
    const found: T[] = [];
    const least = Math.max(0, this.#offset - lookedThroughBytesMax);
    let carried: Buffer = Buffer.alloc(0);
    for (let end = this.#offset; end > least && found.length < count;) {
      const from = Math.max(least, end - blockBytes);
      const block = Buffer.concat([this.#read(from, end - from), carried]);
      // The first line of a block may have begun in the one before.
      const cut = from === 0 ? 0 : block.indexOf(10) + 1;
      carried = block.subarray(0, cut);
      for (const line of linesOf(block.subarray(cut)).toReversed()) {
        const taken = found.length < count ? take(line) : undefined;
        if (taken !== undefined) found.push(taken);
      }
      end = from;
    }
    return found.toReversed();
  }

  /** Tells each line that comes, until `end`. A file that was cut short is read from its beginning. */
  async follow(take: (line: string) => void, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      for (const line of this.#news()) take(line);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #news(): string[] {
    const { size } = fstatSync(this.#fd);
    if (size < this.#offset) {
      this.#offset = 0;
      this.#rest = Buffer.alloc(0);
    }
    const length = Math.min(size - this.#offset, lookedThroughBytesMax);
    const text = Buffer.concat([this.#rest, this.#read(this.#offset, length)]);
    this.#offset += length;
    const whole = text.lastIndexOf(10) + 1;
    this.#rest = text.subarray(whole);
    return linesOf(text.subarray(0, whole));
  }

  #read(from: number, length: number): Buffer {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(this.#fd, buffer, 0, length, from));
  }
}

function linesOf(text: Buffer): string[] {
  const lines = text.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
