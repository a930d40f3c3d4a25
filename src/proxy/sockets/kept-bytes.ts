import { giveBlockBack, takeBlock } from "./blocks.ts";

/** Less than this has memory of its own: a block would be mostly empty. */
const blockBytesMin = 10_240;
const roomBytesMin = 512;
const none: Buffer = Buffer.alloc(0);

/**
 * Copies of bytes that have to wait, in whatever pieces they come: what comes byte by byte takes no more memory than twice
 * what it is (and a block), for a client decides how its bytes are cut.
 *
 * Large pieces lie in lent memory: whoever reads `chunks` has copied them before `clear`.
 */
export class KeptBytes {
  chunks: Buffer[] = [];
  length = 0;
  /** What the last chunk lies in, and how much of that is used. */
  #room: Buffer = none;
  #used = 0;
  #lent: Buffer[] = [];

  add(bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length === 0) return;
    this.length += length;
    const at = this.#used;
    if (at > 0 && this.#room.length - at >= length) {
      const begun = this.chunks.length - 1;
      const start = at - this.chunks[begun]!.length;
      this.#used += bytes.copy(this.#room, at, from, to);
      this.chunks[begun] = this.#room.subarray(start, this.#used);
      return;
    }
    this.#room = this.#roomFor(length);
    this.#used = bytes.copy(this.#room, 0, from, to);
    this.chunks.push(this.#room.subarray(0, this.#used));
  }

  clear(): void {
    if (this.length === 0) return;
    this.length = 0;
    this.chunks = [];
    this.#room = none;
    this.#used = 0;
    if (this.#lent.length === 0) return;
    for (const block of this.#lent) giveBlockBack(block);
    this.#lent = [];
  }

  #roomFor(length: number): Buffer {
    // Most bodies are short and come at once.
    if (this.chunks.length === 0 && length < blockBytesMin) return Buffer.allocUnsafe(length);
    const wanted = Math.max(length, Math.min(this.length, blockBytesMin));
    if (wanted < blockBytesMin) return Buffer.allocUnsafeSlow(Math.max(wanted, roomBytesMin));
    const block = takeBlock(wanted);
    if (block.length < wanted) return Buffer.allocUnsafeSlow(wanted);
    this.#lent.push(block);
    return block;
  }
}
