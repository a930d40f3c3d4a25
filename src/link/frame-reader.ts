import { controlBytesMax, headerBytes, isStreamed, payloadBytesMax } from "./frames.ts";

/**
 * Takes a link apart, whatever pieces the bytes come in:
 *
 *     while (at < end) {
 *       at = reader.read(buffer, at, end);
 *       if (reader.state !== "piece") break;           // "more", or "broken": close the link
 *       reader.kind, stream, flags; the bytes: reader.bytes from reader.from to reader.to
 *       reader.last                                    // the frame ends with this piece
 *     }
 *
 * Bytes of requests, bodies and answers, and of kinds that are not known, come as pieces and are valid until the buffer is
 * used again; every other frame comes whole. Makes no object for a frame.
 */
export class FrameReader {
  state: "more" | "piece" | "broken" = "more";
  kind = 0;
  flags = 0;
  stream = 0;
  /** Where `from` and `to` point into: the buffer just read, or a frame that was gathered. */
  bytes: Uint8Array;
  from = 0;
  to = 0;
  last = false;
  readonly #gathered = new Uint8Array(controlBytesMax);
  readonly #header = new Uint8Array(headerBytes);
  #headerLength = 0;
  /** Of the payload that is being read. */
  #left = 0;
  #gatheredLength = 0;

  constructor() {
    this.bytes = this.#gathered;
  }

  /** Returns the index after the last byte taken: of one piece, or of all that is there. */
  read(buffer: Uint8Array, from: number, end: number): number {
    if (this.state === "broken") return end;
    let at = from;
    if (this.#headerLength < headerBytes) {
      at = this.#readHeader(buffer, at, end);
      if (this.#headerLength < headerBytes) return this.#more(at);
      if (!this.#understandHeader()) return end;
    }
    return isStreamed(this.kind) ? this.#pass(buffer, at, end) : this.#gather(buffer, at, end);
  }

  #more(at: number): number {
    this.state = "more";
    return at;
  }

  #readHeader(buffer: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end && this.#headerLength < headerBytes) {
      this.#header[this.#headerLength++] = buffer[at++]!;
    }
    return at;
  }

  #understandHeader(): boolean {
    const header = this.#header;
    this.#left = header[0]! * 256 + header[1]!;
    this.kind = header[2]!;
    this.flags = header[3]!;
    this.stream = header[4]! * 0x100_0000 + header[5]! * 0x1_0000 + header[6]! * 256 + header[7]!;
    this.#gatheredLength = 0;
    const fits = this.#left <= (isStreamed(this.kind) ? payloadBytesMax : controlBytesMax);
    if (!fits) this.state = "broken";
    return fits;
  }

  #pass(buffer: Uint8Array, from: number, end: number): number {
    const take = Math.min(this.#left, end - from);
    if (take === 0 && this.#left > 0) return this.#more(from);
    this.#left -= take;
    this.#piece(buffer, from, from + take);
    return from + take;
  }

  #gather(buffer: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end && this.#left > 0) {
      this.#gathered[this.#gatheredLength++] = buffer[at++]!;
      this.#left -= 1;
    }
    if (this.#left > 0) return this.#more(at);
    this.#piece(this.#gathered, 0, this.#gatheredLength);
    return at;
  }

  #piece(bytes: Uint8Array, from: number, to: number): void {
    this.state = "piece";
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.last = this.#left === 0;
    if (this.last) this.#headerLength = 0;
  }

  /** The only number in the frame that was gathered. */
  f64(): number {
    const { bytes, from } = this;
    return new DataView(bytes.buffer, bytes.byteOffset + from, 8).getFloat64(0);
  }

  /** A number in the frame that was gathered. */
  u32(offset: number): number {
    const { bytes, from } = this;
    const at = from + offset;
    return bytes[at]! * 0x100_0000 + bytes[at + 1]! * 0x1_0000 + bytes[at + 2]! * 256 + bytes[at + 3]!;
  }
}
