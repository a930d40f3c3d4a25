import { frameKind, headerBytes, payloadBytesMax } from "./frames.ts";

const startBytes = 65_536;
/** A buffer that had to grow beyond this is not kept: one burst must not hold memory for ever. */
const keptBytesMax = 1_048_576;

/**
 * Collects the frames of one turn of the event loop, so that they go out in one write:
 *
 *     const buffer = writer.take();      // all that was collected
 *     socket.write(buffer);
 *     if (the kernel has it already) writer.giveBack(buffer);
 */
export class FrameWriter {
  #buffer: Buffer;
  #length = 0;

  constructor() {
    this.#buffer = Buffer.allocUnsafeSlow(startBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** A frame without payload. */
  empty(kind: number, stream: number, flags: number): void {
    this.#header(0, kind, stream, flags);
  }

  /** latin1, in as many frames as it takes; `flags` on the last one. */
  text(kind: number, stream: number, flags: number, text: string): void {
    if (text.length <= payloadBytesMax) return this.#textFrame(kind, stream, flags, text);
    for (let at = 0; at < text.length; at += payloadBytesMax) {
      const last = at + payloadBytesMax >= text.length;
      this.#textFrame(kind, stream, last ? flags : 0, text.slice(at, at + payloadBytesMax));
    }
  }

  #textFrame(kind: number, stream: number, flags: number, text: string): void {
    const at = this.#header(text.length, kind, stream, flags);
    (this.#buffer as Latin1Buffer).latin1Write(text, at, text.length);
    this.#length = at + text.length;
  }

  /** In as many frames as it takes; `flags` on the last one. The bytes are copied. */
  bytes(kind: number, stream: number, flags: number, bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    do {
      const length = Math.min(to - at, payloadBytesMax);
      const target = this.#header(length, kind, stream, at + length === to ? flags : 0);
      this.#buffer.set(at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length), target);
      this.#length = target + length;
      at += length;
    } while (at < to);
  }

  credit(stream: number, bytes: number): void {
    const at = this.#header(4, frameKind.credit, stream, 0);
    this.#length = this.#buffer.writeUInt32BE(bytes, at);
  }

  cancel(stream: number, cause: number): void {
    const at = this.#header(1, frameKind.cancel, stream, 0);
    this.#length = this.#buffer.writeUInt8(cause, at);
  }

  load(inFlight: number, delayP99Micros: number, utilizationPerMille: number): void {
    const at = this.#header(12, frameKind.load, 0, 0);
    this.#buffer.writeUInt32BE(inFlight, at);
    this.#buffer.writeUInt32BE(delayP99Micros, at + 4);
    this.#length = this.#buffer.writeUInt32BE(utilizationPerMille, at + 8);
  }

  /** What was collected; the next frame begins anew. Empty when nothing was. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    if (this.#length > 0) this.#buffer = none;
    this.#length = 0;
    return taken;
  }

  /** The bytes of what was taken are not needed any more. */
  giveBack(taken: Buffer): void {
    if (this.#buffer.length > 0 || taken.buffer.byteLength > keptBytesMax) return;
    this.#buffer = Buffer.from(taken.buffer);
  }

  /** Returns where the payload begins; there is room for it. */
  #header(length: number, kind: number, stream: number, flags: number): number {
    const at = this.#length;
    const needed = at + headerBytes + length;
    if (needed > this.#buffer.length) this.#grow(needed);
    const buffer = this.#buffer;
    buffer[at] = length >>> 8;
    buffer[at + 1] = length & 0xff;
    buffer[at + 2] = kind;
    buffer[at + 3] = flags;
    buffer[at + 4] = stream >>> 24;
    buffer[at + 5] = (stream >>> 16) & 0xff;
    buffer[at + 6] = (stream >>> 8) & 0xff;
    buffer[at + 7] = stream & 0xff;
    this.#length = at + headerBytes;
    return this.#length;
  }

  #grow(needed: number): void {
    let size = Math.max(startBytes, this.#buffer.length);
    while (size < needed) size *= 2;
    const larger = Buffer.allocUnsafeSlow(size);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

const none: Buffer = Buffer.alloc(0);

/** As `buffer.write(text, at, length, "latin1")`, without looking up the encoding by its name. */
interface Latin1Buffer extends Buffer {
  latin1Write(text: string, offset: number, length: number): number;
}
