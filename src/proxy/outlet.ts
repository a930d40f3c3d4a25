import type { Socket } from "node:net";
import { StraightWrite } from "./straight-write.ts";

/** Up to this many bytes of data are joined with the text before them: one small write is cheaper than a vector. */
const joinBytesMax = 8192;
const textLengthMax = 32_768;

/**
 * Collects what goes into a socket during one turn, and sends it in one write. Text is latin1; short data is joined
 * to it, long data goes as it is beside it (writev).
 */
export class Outlet {
  readonly #socket: Socket;
  readonly #straight: StraightWrite;
  #text = "";
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#straight = new StraightWrite(socket);
  }

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength + this.#straight.pending;
  }

  text(text: string): void {
    this.#text += text;
  }

  /** The bytes are copied: they may be those of a read buffer. */
  bytes(buffer: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length <= joinBytesMax && this.#text.length + length <= textLengthMax) {
      this.#text += latin1(buffer, from, to);
      return;
    }
    this.#cork();
    this.#writeText();
    this.#socket.write(Buffer.from(buffer.subarray(from, to)));
  }

  /** False: the socket holds more than it should; wait for `drain`. */
  flush(): boolean {
    this.#writeText();
    if (this.#corked) {
      this.#corked = false;
      this.#socket.uncork();
    }
    return !this.#socket.writableNeedDrain && this.#straight.pending === 0;
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
  }

  #writeText(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    if (this.#corked || !this.#straight.text(text)) this.#socket.write(text, "latin1");
  }
}

/** As `buffer.toString("latin1", from, to)`, without looking up the encoding by its name. */
function latin1(buffer: Buffer, from: number, to: number): string {
  return (buffer as Latin1Buffer).latin1Slice(from, to);
}

interface Latin1Buffer extends Buffer {
  latin1Slice(from: number, to: number): string;
}
