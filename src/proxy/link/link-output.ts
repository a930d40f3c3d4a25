import type { Socket } from "node:net";
import { type FrameBuffers, FrameWriter, isMostlyEmpty, payloadBytesMax } from "../../link/link.ts";
import { StraightWrite } from "../sockets/straight-write.ts";

/** Unsent beyond this: the worker does not read; bodies wait with their clients. */
const congestedBytes = 1_048_576;
/**
 * Heads need no credit. With so much unsent the worker does not read, whatever it says: more than a crowd of requests leaves
 * behind at one that stands still, until that is noticed.
 */
const unsentBytesMax = 16 * 1_048_576;
/** More than this is not collected, but written. */
const portionBytes = 3 * payloadBytesMax;

/** What goes to a worker over a link: the frames of one turn of the event loop in one write. */
export class LinkOutput {
  readonly frames: FrameWriter;
  readonly #socket: Socket;
  readonly #straight: StraightWrite;
  #flushing = false;
  #closed = false;

  /** `refused`: the kernel takes nothing more for the worker. */
  constructor(socket: Socket, buffers: FrameBuffers, refused: (error: NodeJS.ErrnoException) => void) {
    this.frames = new FrameWriter(buffers);
    this.#socket = socket;
    this.#straight = new StraightWrite(socket, refused);
  }

  get #unsent(): number {
    return this.#socket.writableLength + this.#straight.pending;
  }

  get congested(): boolean {
    return this.#unsent > congestedBytes;
  }

  /** Takes no request more. */
  get full(): boolean {
    return this.#unsent > unsentBytesMax;
  }

  /** Once for all that this turn of the event loop brings. */
  flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(this.flush);
  }

  /** Bodies were written: what fills a buffer goes out now. */
  flushPortion(): void {
    if (this.frames.length > portionBytes) this.#send();
  }

  readonly flush = (): void => {
    this.#flushing = false;
    this.#send();
  };

  /** Nothing goes out any more. */
  close(): void {
    this.#closed = true;
  }

  #send(): void {
    if (this.#closed) return this.frames.reset(true);
    if (this.frames.length > 0) this.frames.send(this.#write);
  }

  readonly #write = (bytes: Buffer, done: () => void): void => {
    if (this.#straight.bytes(bytes, done)) return;
    if (!isMostlyEmpty(bytes)) return void this.#socket.write(bytes, done);
    this.#socket.write(Buffer.from(bytes));
    done();
  };
}
