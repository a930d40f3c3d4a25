import type { Socket } from "node:net";
import { giveBlockBack, largerBlock, takeBlock } from "./blocks.ts";
import { StraightWrite } from "./straight-write.ts";

/** Up to this many bytes of data are joined with the text before them: a text needs no memory of ours. */
const joinBytesMax = 8192;
const textLengthMax = 32_768;

/**
 * Collects what goes into a socket during one turn, and sends it in one write: texts (latin1) and short data as one
 * text; as soon as there is long data, in a block.
 */
export class Outlet {
  readonly #socket: Socket;
  readonly #straight: StraightWrite;
  #text = "";
  #block: Buffer | undefined;
  #blockBytes = 0;

  /** `refused`: as of `StraightWrite`. */
  constructor(socket: Socket, refused?: (error: NodeJS.ErrnoException) => void) {
    this.#socket = socket;
    this.#straight = new StraightWrite(socket, refused);
  }

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength + this.#straight.pending;
  }

  /** Bytes that the next `flush` sends. */
  get collected(): number {
    return this.#block === undefined ? this.#text.length : this.#blockBytes;
  }

  text(text: string): void {
    if (this.#block !== undefined && this.#blockBytes + text.length > this.#block.length) this.#writeBlock();
    if (this.#block === undefined) this.#text += text;
    else this.#blockBytes += this.#block.write(text, this.#blockBytes, "latin1");
  }

  /** The bytes are copied: they may be those of a read buffer. */
  bytes(buffer: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length <= joinBytesMax && this.#text.length + length <= textLengthMax && this.#block === undefined) {
      this.#text += latin1(buffer, from, to);
      return;
    }
    for (let at = from; at < to;) {
      const block = this.#blockFor(to - at);
      const taken = Math.min(to - at, block.length - this.#blockBytes);
      buffer.copy(block, this.#blockBytes, at, at + taken);
      this.#blockBytes += taken;
      at += taken;
    }
  }

  /** False: the socket holds more than it should; wait for `drain`. */
  flush(): boolean {
    const straight = this.#block === undefined ? this.#writeText() : this.#writeBlock();
    return this.#straight.pending === 0 && (straight || !this.#socket.writableNeedDrain);
  }

  /** A block with some room; what was collected as text is in it. */
  #blockFor(bytes: number): Buffer {
    const full = this.#block;
    if (full !== undefined && this.#blockBytes < full.length) return full;
    const larger = full === undefined ? undefined : largerBlock(full);
    if (larger !== undefined) return (this.#block = larger);
    this.#writeBlock();
    if (this.#text.length > textLengthMax) this.#writeText();
    const block = takeBlock(this.#text.length + bytes);
    this.#blockBytes = block.write(this.#text, 0, "latin1");
    this.#text = "";
    this.#block = block;
    return block;
  }

  /** True: nothing is left in the stream. */
  #writeBlock(): boolean {
    const block = this.#block;
    if (block === undefined) return false;
    const bytes = block.subarray(0, this.#blockBytes);
    this.#block = undefined;
    const done = (): void => giveBlockBack(block);
    const straight = this.#straight.bytes(bytes, done);
    if (!straight) this.#socket.write(bytes, done);
    return straight;
  }

  /** As `#writeBlock`. */
  #writeText(): boolean {
    if (this.#text === "") return false;
    const text = this.#text;
    this.#text = "";
    const straight = this.#straight.text(text);
    if (!straight) this.#socket.write(text, "latin1");
    return straight;
  }
}

/** As `buffer.toString("latin1", from, to)`, without looking up the encoding by its name. */
function latin1(buffer: Buffer, from: number, to: number): string {
  return (buffer as Latin1Buffer).latin1Slice(from, to);
}

interface Latin1Buffer extends Buffer {
  latin1Slice(from: number, to: number): string;
}
