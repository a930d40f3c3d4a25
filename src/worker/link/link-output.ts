import type { Socket } from "node:net";
import {
  type FrameBuffers,
  frameKind,
  FrameWriter,
  headerBytes,
  isMostlyEmpty,
  payloadBytesMax,
  writeHeader,
} from "../../link/link.ts";
import { systemClock } from "../../runtime/clock.ts";
import {
  readDelayP99Micros,
  readInFlight,
  readUtilizationPerMille,
  type SharedLoad,
} from "../shared-load.ts";
import type { LinkOutlet } from "./answer-writer.ts";

export const outputLimits = {
  /** Unsent beyond this: answers wait in their own sockets. */
  congestedBytes: 1_048_576,
  /** Unsent beyond this, by words that need no credit: the peer only writes. */
  unsentBytesMax: 16_777_216,
  /** More is not collected, but written. */
  portionBytes: 3 * payloadBytesMax,
  /** Answers are not held longer than this while a read is worked off. */
  heldMsMax: 5,
} as const;

const nothing = Buffer.alloc(0);

/**
 * What goes out on a link: everything of one turn of the event loop in one write.
 *
 * What is answered while a read is worked off goes out right after it; what is answered later, at the end of the turn.
 */
export class LinkOutput implements LinkOutlet {
  readonly frames: FrameWriter;
  readonly #socket: Socket;
  readonly #load: SharedLoad;
  #reading = false;
  #flushes = false;
  #tellsLoad = false;
  /** When the last read began: since then its requests are with this worker. */
  #readAtMs = 0;
  /** When the last flush was, or the last read began. */
  #flushedAtMs = 0;
  /** Of answers that have begun since the load was told last. */
  #insideMs = 0;
  #begun = 0;

  constructor(socket: Socket, buffers: FrameBuffers, load: SharedLoad) {
    this.#socket = socket;
    this.#load = load;
    this.frames = new FrameWriter(buffers);
  }

  get congested(): boolean {
    return this.#socket.writableLength > outputLimits.congestedBytes;
  }

  /** The kernel has all that was written, and the connection stands. */
  get sent(): boolean {
    const { writableLength, errored, destroyed } = this.#socket;
    return writableLength === 0 && !destroyed && (errored ?? null) === null;
  }

  written(): void {
    if (this.frames.length > outputLimits.portionBytes || this.#isLate) this.flush();
    else if (!this.#flushes && !this.#reading) {
      this.#flushes = true;
      setImmediate(this.#flushNow);
    }
  }

  /**
   * A read may bring many requests, and their handlers take long one after the other: what is answered does not wait for those
   * behind it, or this worker would seem to stand still.
   */
  get #isLate(): boolean {
    return this.#reading && systemClock.now() - this.#flushedAtMs > outputLimits.heldMsMax;
  }

  answerBytes(stream: number, bytes: Uint8Array, from: number, to: number, then?: () => void): void {
    const socket = this.#socket;
    const collected = this.frames.collected();
    const frames = Math.ceil((to - from) / payloadBytesMax);
    // What was collected goes before, with the first header.
    const heads = Buffer.allocUnsafe(collected.length + frames * headerBytes);
    collected.copy(heads);
    let written = 0;
    let filled = collected.length;
    this.frames.reset(true);
    socket.cork();
    for (let at = from; at < to; at += payloadBytesMax) {
      const end = Math.min(to, at + payloadBytesMax);
      writeHeader(heads, filled, end - at, frameKind.answer, 0, stream);
      filled += headerBytes;
      socket.write(heads.subarray(written, filled));
      socket.write(bytes.subarray(at, end), end === to ? then : undefined);
      written = filled;
    }
    socket.uncork();
  }

  get readAtMs(): number {
    return this.#readAtMs;
  }

  answerBegan(cameAtMs: number): void {
    this.#insideMs += systemClock.now() - cameAtMs;
    this.#begun += 1;
  }

  answerEnded(): void {
    this.#tellsLoad = true;
    this.written();
  }

  readBegins(): void {
    this.#reading = true;
    this.#readAtMs = systemClock.now();
    this.#flushedAtMs = this.#readAtMs;
  }

  readEnds(): void {
    this.#reading = false;
    if (this.frames.length === 0 || this.#flushes) return;
    // After the ends of what was answered meanwhile, which Node tells a tick later.
    this.#flushes = true;
    process.nextTick(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    this.#flushes = false;
    this.flush();
  };

  flush(): void {
    if (this.#tellsLoad) this.#writeLoad();
    const { frames } = this;
    if (frames.length === 0) return;
    if (this.#reading) this.#flushedAtMs = systemClock.now();
    const socket = this.#socket;
    const collected = frames.collected();
    if (socket.writableLength > 0 && isMostlyEmpty(collected)) {
      socket.write(Buffer.from(collected));
      frames.reset(true);
    } else {
      socket.write(collected);
      frames.reset(this.sent);
    }
    if (socket.writableLength > outputLimits.unsentBytesMax) socket.destroy();
  }

  /** Flushes, and calls `then` when the kernel has everything; never where the connection is lost before. */
  flushThen(then: () => void): void {
    this.flush();
    if (this.sent) then();
    // Its callback comes after those of all that is written already.
    else this.#socket.write(nothing, (error) => (error ? undefined : then()));
  }

  #writeLoad(): void {
    this.#tellsLoad = false;
    const load = this.#load;
    const insideMicros = Math.min(
      2 ** 32 - 1,
      Math.round((1000 * this.#insideMs) / Math.max(1, this.#begun)),
    );
    this.#insideMs = 0;
    this.#begun = 0;
    const delay = readDelayP99Micros(load);
    this.frames.load(readInFlight(load), delay, readUtilizationPerMille(load), insideMicros);
  }
}
