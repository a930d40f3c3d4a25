import { blockBytesMax, giveBlockBack, takeBlock } from "../sockets/blocks.ts";

/** Less than this is copied into memory of its own: a block would be mostly empty. */
const blockBytesMin = 10_240;

/**
 * What the client has sent of a request's body, for as long as it may have to be sent (again).
 *
 *   holding --> full (no more fits: what comes must wait, or the hold ends) --> gone
 *
 * What was held is lent memory: whoever reads `chunks` has copied them before it is dropped.
 */
export class HeldBody {
  chunks: Buffer[] = [];
  /** More has come than may be held. */
  full = false;
  /** Something is not here any more: the body cannot be sent from its beginning. */
  gone = false;
  #bytes = 0;
  #blocks: Buffer[] = [];

  begin(): void {
    this.#forget();
    this.full = false;
    this.gone = false;
  }

  /** False: it is full now (what came is still held). The bytes are copied. */
  add(bytes: Buffer, from: number, to: number, bytesMax: number): boolean {
    this.chunks.push(this.#copyOf(bytes.subarray(from, to)));
    this.#bytes += to - from;
    this.full = this.#bytes > bytesMax;
    return !this.full;
  }

  /** It will not be needed again, nor what is still to come. */
  drop(): void {
    this.gone = true;
    this.#forget();
  }

  #copyOf(bytes: Buffer): Buffer {
    if (bytes.length < blockBytesMin || bytes.length > blockBytesMax) return Buffer.from(bytes);
    const block = takeBlock(bytes.length);
    this.#blocks.push(block);
    return block.subarray(0, bytes.copy(block));
  }

  #forget(): void {
    if (this.#bytes === 0) return;
    this.#bytes = 0;
    this.chunks = [];
    if (this.#blocks.length === 0) return;
    for (const block of this.#blocks) giveBlockBack(block);
    this.#blocks = [];
  }
}
