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
  /** Frames are not held longer than this, as far as others follow them; and see `standstillMs`. */
  heldMsMax: 5,
  /** What is held for longer has waited for a piece of the service's work that nobody could see coming. */
  standstillMs: 20,
  /** For so many times as long nothing is held any more: a service that does so once does it again. */
  promptTimes: 20,
} as const;

const nothing = Buffer.alloc(0);

/**
 * What goes out on a link: everything of one turn of the event loop in one write.
 *
 * What is answered while a read is worked off goes out right after it; what is answered later, at the end of the turn. A service
 * that works for long in the same turn, after answers, holds them up:
 *
 *   collecting --they waited for longer than `standstillMs`--> prompt: each goes out at once
 *       '<-- nothing took long in `promptTimes` that time ---'
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
  /** What is collected in this turn waits since then at most: the last flush, the read's beginning, or its first frame. */
  #heldFromMs = 0;
  /** When the clock was looked at last. */
  #nowMs = 0;
  #promptUntilMs = 0;
  #prompt = false;
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
    if (this.#reading) this.#nowMs = systemClock.now();
    else if (!this.#flushes) {
      this.#flushes = true;
      this.#nowMs = systemClock.now();
      this.#heldFromMs = this.#nowMs;
      setImmediate(this.#flushNow);
    }
    if (this.#prompt || this.#isLate || this.frames.length > outputLimits.portionBytes) this.flush();
  }

  /**
   * A turn may bring many requests, and their handlers take long one after the other: what is answered does not wait for those
   * behind it, or this worker would seem to stand still.
   */
  get #isLate(): boolean {
    return this.#nowMs - this.#heldFromMs > outputLimits.heldMsMax;
  }

  /** Within a turn, or at its end: what was collected goes out now. */
  #lookAtClock(): void {
    const now = systemClock.now();
    const heldMs = now - this.#heldFromMs;
    if (heldMs > outputLimits.standstillMs) this.#promptUntilMs = now + outputLimits.promptTimes * heldMs;
    this.#prompt = now < this.#promptUntilMs;
    this.#heldFromMs = now;
    this.#nowMs = now;
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
    this.#nowMs = systemClock.now();
    this.#insideMs += this.#nowMs - cameAtMs;
    this.#begun += 1;
  }

  answerEnded(): void {
    this.#tellsLoad = true;
    this.written();
  }

  readBegins(): void {
    this.#reading = true;
    this.#readAtMs = systemClock.now();
    if (this.frames.length === 0) this.#heldFromMs = this.#readAtMs;
  }

  readEnds(): void {
    this.#reading = false;
    if (this.#flushes || (this.frames.length === 0 && !this.#prompt)) return;
    // After the ends of what was answered meanwhile, which Node tells a tick later.
    this.#flushes = true;
    process.nextTick(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    this.#flushes = false;
    this.#lookAtClock();
    this.flush();
  };

  flush(): void {
    if (this.#tellsLoad) this.#writeLoad();
    const { frames } = this;
    if (frames.length === 0) return;
    if (this.#reading || (this.#flushes && (this.#isLate || this.#prompt))) this.#lookAtClock();
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
