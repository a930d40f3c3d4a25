import {
  endFlag,
  type FrameWriter,
  frameKind,
  payloadBytesMax,
  SendCredit,
  utf8LengthMax,
} from "../../link/link.ts";

/** Where the frames of all streams of a link go. */
export interface LinkOutlet {
  readonly frames: FrameWriter;
  /** The other side does not read: answers wait in their own sockets. */
  readonly congested: boolean;
  /** Frames were written. */
  written(): void;
  /** Answer frames of bytes that are not copied: they stay as they are until `then`, when the kernel has them. */
  answerBytes(stream: number, bytes: Uint8Array, from: number, to: number, then?: () => void): void;
  /** An answer is over. */
  answerEnded(): void;
}

/**
 * The answers' half of a stream: what a service writes becomes `answer` frames, as far as the proxy gave credit.
 *
 *   begin --> open --end, abandon--> over          again for the next request
 */
export class AnswerWriter {
  readonly #link: LinkOutlet;
  #id = 0;
  #credit = new SendCredit();
  #over = true;
  /** Of what did not go out at once. */
  #waiting: Uint8Array | undefined;
  #waitingAt = 0;
  #done: (error?: Error) => void = nothing;
  /** Where this stream's last frame is, while it has not gone out. */
  #turn = 0;
  #position = 0;

  constructor(link: LinkOutlet) {
    this.#link = link;
  }

  get over(): boolean {
    return this.#over;
  }

  begin(id: number): void {
    this.#id = id;
    this.#credit = new SendCredit();
    this.#over = false;
    this.#turn = 0;
  }

  /** The short way of what fits into one frame. Returns how many bytes that was; below 0: nothing was taken. */
  pass(data: string | Uint8Array, encoding: BufferEncoding | undefined): number {
    if (this.#over || this.#link.congested) return -1;
    if (data.length === 0) return 0;
    const bytes = typeof data === "string" ? this.#passText(data, encoding) : this.#passBytes(data);
    if (bytes === 0) return -1;
    this.#sent(bytes);
    return bytes;
  }

  #passText(text: string, encoding: BufferEncoding | undefined): number {
    const { frames } = this.#link;
    const { answer } = frameKind;
    if (encoding === "latin1" || encoding === "ascii" || encoding === "binary") {
      if (text.length > payloadBytesMax || text.length > this.#credit.left) return 0;
      if (!frames.addText(answer, this.#id, text)) frames.text(answer, this.#id, 0, text);
      return text.length;
    }
    if (encoding !== undefined && encoding !== "utf8" && encoding !== "utf-8") return 0;
    if (text.length > utf8LengthMax || text.length * 3 > this.#credit.left) return 0;
    return frames.utf8(answer, this.#id, 0, text);
  }

  #passBytes(bytes: Uint8Array): number {
    const { frames } = this.#link;
    if (bytes.length > payloadBytesMax || bytes.length > this.#credit.left) return 0;
    if (!frames.addBytes(frameKind.answer, this.#id, bytes)) {
      frames.bytes(frameKind.answer, this.#id, 0, bytes, 0, bytes.length);
    }
    return bytes.length;
  }

  /** All of it, as there is room; then `done`, with an error where it is given up before. One at a time. */
  write(bytes: Uint8Array, done: (error?: Error) => void): void {
    this.#waiting = bytes;
    this.#waitingAt = 0;
    this.#done = done;
    this.more();
  }

  granted(bytes: number): boolean {
    if (!this.#credit.granted(bytes)) return false;
    this.more();
    return true;
  }

  /** There may be room again. */
  more(): void {
    const bytes = this.#waiting;
    if (bytes === undefined) return;
    const from = this.#waitingAt;
    const to = Math.min(bytes.length, from + this.#credit.left);
    if (!this.#over && bytes.length > 0) {
      if (to === from || this.#link.congested) return;
      this.#waitingAt = to;
      if (to - from > payloadBytesMax) return this.#answerLarge(bytes, from, to);
      this.#link.frames.bytes(frameKind.answer, this.#id, 0, bytes, from, to);
      this.#sent(to - from);
      if (to < bytes.length) return;
    }
    this.#written();
  }

  #answerLarge(bytes: Uint8Array, from: number, to: number): void {
    this.#credit.spend(to - from);
    // What was written before this may have been abandoned meanwhile.
    const then = to < bytes.length ? undefined : () => this.#waiting === bytes && this.#written();
    this.#link.answerBytes(this.#id, bytes, from, to, then);
  }

  #written(): void {
    const done = this.#done;
    this.#forget();
    done();
  }

  #sent(bytes: number): void {
    const { frames } = this.#link;
    this.#credit.spend(bytes);
    this.#turn = frames.turn;
    this.#position = frames.position;
    this.#link.written();
  }

  /** Nothing follows. What waits is lost: end only when nothing does. */
  end(): void {
    if (this.#over) return;
    const { frames } = this.#link;
    if (frames.turn === this.#turn) frames.endAt(this.#position);
    else frames.empty(frameKind.answer, this.#id, endFlag);
    this.abandon();
    this.#link.answerEnded();
  }

  /** The stream is over for another reason, and so is its socket; a write that is under way fails, after that. */
  abandon(cause?: () => Error): void {
    const done = this.#done;
    const fails = this.#waiting !== undefined && cause !== undefined;
    this.#over = true;
    this.#forget();
    if (fails) process.nextTick(() => done(cause()));
  }

  /** The stream is over; its socket may go on writing, to nobody. */
  discard(): void {
    const done = this.#done;
    this.abandon();
    done();
  }

  #forget(): void {
    this.#waiting = undefined;
    this.#done = nothing;
  }
}

function nothing(): void {}
