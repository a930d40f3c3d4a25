import { endFlag, frameKind, headerBytes, isStreamed, payloadBytesMax, writeHeader } from "./frames.ts";

/** Longer texts may take more than one frame in UTF-8. */
export const utf8LengthMax = Math.floor(payloadBytesMax / 3);

/** What one read of a socket brings (64 KiB) with the heads of its frames, and as much again as small frames of others. */
const startBytes = 81_920;
const keptMax = 8;

/**
 * Buffers for all links of a process: each needs one only from its first frame of a turn until the kernel has what
 * was collected, so a few serve thousands of links. One that had to grow is not kept: a burst must not hold memory
 * for ever.
 */
export class FrameBuffers {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(startBytes);
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === startBytes && this.#free.length < keptMax) this.#free.push(buffer);
  }
}

/**
 * Collects the frames of one turn of the event loop, so that they go out in one write:
 *
 *     writer.send((bytes, done) => socket.write(bytes, done));
 *
 * or, where nobody calls back:
 *
 *     socket.write(writer.collected());
 *     writer.reset(the kernel has it already);
 */
export class FrameWriter {
  readonly #buffers: FrameBuffers;
  #buffer: Buffer = none;
  #length = 0;
  /** Where the frame written last begins. */
  #last = 0;
  #lastStream = 0;
  #turn = 1;

  constructor(buffers: FrameBuffers) {
    this.#buffers = buffers;
  }

  get length(): number {
    return this.#length;
  }

  /** Of what is collected now; another number after each `reset`. */
  get turn(): number {
    return this.#turn;
  }

  /** Where the frame written last begins, among what is collected in this turn. */
  get position(): number {
    return this.#last;
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

  /** UTF-8, in one frame: at most `utf8LengthMax` characters. Returns how many bytes that was. */
  utf8(kind: number, stream: number, flags: number, text: string): number {
    const at = this.#header(text.length * 3, kind, stream, flags);
    const bytes = (this.#buffer as Latin1Buffer).utf8Write(text, at, text.length * 3);
    this.#setLength(bytes);
    this.#length = at + bytes;
    return bytes;
  }

  /**
   * More latin1 for the frame written last: false, and nothing written, where that was not of this kind and stream or
   * has no room for it.
   */
  addText(kind: number, stream: number, text: string): boolean {
    const length = this.#lengthWith(kind, stream, text.length);
    if (length > payloadBytesMax) return false;
    (this.#buffer as Latin1Buffer).latin1Write(text, this.#length, text.length);
    this.#setLength(length);
    this.#length += text.length;
    return true;
  }

  /** As `addText`. */
  addBytes(kind: number, stream: number, bytes: Uint8Array): boolean {
    const length = this.#lengthWith(kind, stream, bytes.length);
    if (length > payloadBytesMax) return false;
    this.#buffer.set(bytes, this.#length);
    this.#setLength(length);
    this.#length += bytes.length;
    return true;
  }

  /** What the frame written last would be long with so many bytes more; too long where it cannot have more. */
  #lengthWith(kind: number, stream: number, bytes: number): number {
    const last = this.#last;
    const continues = this.#length > 0 && this.#lastStream === stream && this.#buffer[last + 2] === kind;
    if (!continues || this.#buffer[last + 3] !== 0) return Number.POSITIVE_INFINITY;
    const length = this.#length - last - headerBytes + bytes;
    if (length <= payloadBytesMax) this.#makeRoom(this.#length + bytes);
    return length;
  }

  #setLength(length: number): void {
    this.#buffer[this.#last] = length >>> 8;
    this.#buffer[this.#last + 1] = length & 0xff;
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

  beginBy(ms: number): void {
    const at = this.#header(8, frameKind.beginBy, 0, 0);
    this.#length = this.#buffer.writeDoubleBE(ms, at);
  }

  load(inFlight: number, delayP99Micros: number, utilizationPerMille: number, insideMicros: number): void {
    const at = this.#header(16, frameKind.load, 0, 0);
    this.#buffer.writeUInt32BE(inFlight, at);
    this.#buffer.writeUInt32BE(delayP99Micros, at + 4);
    this.#buffer.writeUInt32BE(utilizationPerMille, at + 8);
    this.#length = this.#buffer.writeUInt32BE(insideMicros, at + 12);
  }

  /** Nothing follows on this stream: said by the frame written last if it is one of this stream, else by one more. */
  end(kind: number, stream: number): void {
    if (this.#length === 0 || this.#lastStream !== stream) return this.empty(kind, stream, endFlag);
    this.#buffer[this.#last + 3]! |= endFlag;
  }

  /** The same for a frame of this turn, by its `position`. */
  endAt(position: number): void {
    this.#buffer[position + 3]! |= endFlag;
  }

  /** Hands over what was collected: `done` when the bytes are not needed any more. The next frame begins anew. */
  send(write: (bytes: Buffer, done: () => void) => void): void {
    const bytes = this.collected();
    const buffer = this.#buffer;
    this.reset(false);
    write(bytes, () => this.#buffers.giveBack(buffer));
  }

  /** Valid until `reset`. */
  collected(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The next frame begins anew. `taken`: the bytes collected so far are not needed any more. */
  reset(taken: boolean): void {
    if (taken && this.#buffer !== none) this.#buffers.giveBack(this.#buffer);
    this.#buffer = none;
    this.#length = 0;
    this.#turn += 1;
  }

  /** Returns where the payload begins; there is room for it. */
  #header(length: number, kind: number, stream: number, flags: number): number {
    const at = this.#length;
    const needed = at + headerBytes + length;
    if (needed > this.#buffer.length) this.#makeRoom(needed);
    this.#last = at;
    this.#lastStream = isStreamed(kind) ? stream : 0;
    writeHeader(this.#buffer, at, length, kind, flags, stream);
    this.#length = at + headerBytes;
    return this.#length;
  }

  #makeRoom(needed: number): void {
    if (this.#buffer === none) this.#buffer = this.#buffers.take();
    if (needed <= this.#buffer.length) return;
    let size = this.#buffer.length;
    while (size < needed) size *= 2;
    const larger = Buffer.allocUnsafeSlow(size);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffers.giveBack(this.#buffer);
    this.#buffer = larger;
  }
}

/** What has to wait keeps all of its buffer: little in a large one is better copied. */
export function isMostlyEmpty(collected: Buffer): boolean {
  return collected.length * 4 < collected.buffer.byteLength;
}

const none: Buffer = Buffer.alloc(0);

/** As `buffer.write(text, at, length, "latin1")` and `"utf8"`, without looking up the encoding by its name. */
interface Latin1Buffer extends Buffer {
  latin1Write(text: string, offset: number, length: number): number;
  utf8Write(text: string, offset: number, length: number): number;
}
