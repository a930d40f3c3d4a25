import type { Socket } from "node:net";

/** Up to this many bytes of data are joined with the text before them: one small write is cheaper than a vector. */
const joinBytesMax = 8192;
const textLengthMax = 32_768;

/**
 * Collects what goes into a socket during one turn, and sends it in one write. Text is latin1; short data is joined
 * to it, long data goes as it is beside it (writev).
 */
export class Outlet {
  readonly #socket: Socket;
  #text = "";
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  text(text: string): void {
    this.#text += text;
  }

  /** `owned`: the bytes stay as they are after the call and need not be copied. */
  bytes(buffer: Buffer, from: number, to: number, owned: boolean): void {
    const length = to - from;
    if (length <= joinBytesMax && this.#text.length + length <= textLengthMax) {
      this.#text += buffer.toString("latin1", from, to);
      return;
    }
    this.#cork();
    this.#writeText();
    this.#socket.write(owned ? buffer.subarray(from, to) : Buffer.from(buffer.subarray(from, to)));
  }

  /** False: the socket holds more than it should; wait for `drain`. */
  flush(): boolean {
    this.#writeText();
    if (this.#corked) {
      this.#corked = false;
      this.#socket.uncork();
    }
    return !this.#socket.writableNeedDrain;
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
    this.#socket.write(text, "latin1");
  }
}
