import { CR, HTAB, hexValues, LF, SP, tokenBytes } from "./bytes.ts";
import { TrailerScanner } from "./trailers.ts";

/**
 * The chunked coding, strict: CRLF only, no blanks, extensions by the grammar and then dropped.
 *
 *     sizeFirst -> size -> sizeFeed -> data -> dataEnd -> dataFeed -> sizeFirst ...
 *                  size -;-> extension* -> sizeFeed
 *                            sizeFeed (size 0) -> trailerFirst -> lastFeed -> done
 *                                                 trailerFirst -> trailers -> done
 */
const phase = {
  sizeFirst: 0,
  size: 1,
  nameFirst: 2,
  name: 3,
  valueFirst: 4,
  value: 5,
  quoted: 6,
  quotedPair: 7,
  afterQuoted: 8,
  sizeFeed: 9,
  data: 10,
  dataEnd: 11,
  dataFeed: 12,
  trailerFirst: 13,
  trailers: 14,
  lastFeed: 15,
} as const;

const sizeDigitsMax = 16;
const sizeLineBytesMax = 4096;
const extensionBytesMax = 16_384;
const trailerLimits = { headBytesMax: 16_384, fieldsMax: 100 };

const semicolon = 0x3b;
const equals = 0x3d;
const quote = 0x22;
const backslash = 0x5c;

export class ChunkScanner {
  done = false;
  /** What is wrong; empty while nothing is. */
  wrong = "";
  from = 0;
  to = 0;
  trailers = "";
  private phase: number = phase.sizeFirst;
  private size = 0;
  private digits = 0;
  /** Bytes of extensions: of this size line, and of the whole message. */
  private lineBytes = 0;
  private extensionBytes = 0;
  private trailerScanner: TrailerScanner | undefined;

  begin(): void {
    this.done = false;
    this.wrong = "";
    this.trailers = "";
    this.phase = phase.sizeFirst;
    this.extensionBytes = 0;
    this.trailerScanner = undefined;
  }

  /** Goes on up to the next piece of data, which is `from` to `to`; returns the index after it. */
  scan(buffer: Buffer, start: number, end: number): number {
    let at = start;
    this.from = start;
    this.to = start;
    while (at < end && !this.done && this.wrong === "") {
      if (this.phase === phase.data) return this.takeData(at, end);
      if (this.phase === phase.trailers) return this.takeTrailers(buffer, at, end);
      if (this.phase === phase.trailerFirst && buffer[at] !== CR) {
        this.phase = phase.trailers;
        this.trailerScanner = new TrailerScanner(trailerLimits);
        continue;
      }
      this.takeByte(buffer[at]!);
      at++;
    }
    return at;
  }

  private takeData(at: number, end: number): number {
    const to = Math.min(end, at + this.size);
    this.size -= to - at;
    if (this.size === 0) this.phase = phase.dataEnd;
    this.from = at;
    this.to = to;
    return to;
  }

  private takeTrailers(buffer: Buffer, at: number, end: number): number {
    const scanner = this.trailerScanner!;
    const after = scanner.push(buffer, at, end);
    if (scanner.failure !== undefined) this.wrong = `trailers: ${scanner.failure.detail}`;
    else if (scanner.state === "complete") {
      this.trailers = scanner.kept;
      this.done = true;
    }
    return after;
  }

  private takeByte(byte: number): void {
    switch (this.phase) {
      case phase.sizeFirst:
        this.size = 0;
        this.digits = 0;
        this.lineBytes = 0;
        this.phase = phase.size;
        this.takeSize(byte, true);
        break;
      case phase.size:
        this.takeSize(byte, false);
        break;
      case phase.sizeFeed:
        if (byte !== LF) this.wrong = "a chunk size line does not end in CRLF";
        this.phase = this.size === 0 ? phase.trailerFirst : phase.data;
        break;
      case phase.dataEnd:
        if (byte !== CR) this.wrong = "chunk data is longer than its size";
        this.phase = phase.dataFeed;
        break;
      case phase.dataFeed:
        if (byte !== LF) this.wrong = "chunk data does not end in CRLF";
        this.phase = phase.sizeFirst;
        break;
      case phase.trailerFirst:
        this.phase = phase.lastFeed;
        break;
      case phase.lastFeed:
        if (byte !== LF) this.wrong = "the last chunk does not end in CRLF";
        else this.done = true;
        break;
      default:
        this.takeExtension(byte);
    }
  }

  private takeSize(byte: number, first: boolean): void {
    const value = hexValues[byte]!;
    if (value !== 255) {
      this.digits++;
      this.size = this.size * 16 + value;
      if (this.digits > sizeDigitsMax || this.size > Number.MAX_SAFE_INTEGER)
        this.wrong = "a chunk size is too large";
    } else if (first) {
      this.wrong = "a chunk without a size";
    } else if (byte === CR) {
      this.phase = phase.sizeFeed;
    } else if (byte === semicolon) {
      this.phase = phase.nameFirst;
    } else {
      this.wrong = "a byte that a chunk size may not have";
    }
  }

  private takeExtension(byte: number): void {
    this.lineBytes++;
    this.extensionBytes++;
    if (this.lineBytes > sizeLineBytesMax || this.extensionBytes > extensionBytesMax) {
      this.wrong = "chunk extensions are larger than allowed";
      return;
    }
    const next = this.afterExtensionByte(byte);
    if (next === -1) this.wrong = "a chunk extension is not valid";
    else this.phase = next;
  }

  /** The phase after this byte of an extension; -1 when it may not stand there. */
  private afterExtensionByte(byte: number): number {
    const token = tokenBytes[byte] === 1;
    switch (this.phase) {
      case phase.nameFirst:
        return token ? phase.name : -1;
      case phase.name:
        if (byte === equals) return phase.valueFirst;
        return token ? phase.name : afterExtension(byte);
      case phase.valueFirst:
        if (byte === quote) return phase.quoted;
        return token ? phase.value : -1;
      case phase.value:
        return token ? phase.value : afterExtension(byte);
      case phase.quoted:
        if (byte === quote) return phase.afterQuoted;
        if (byte === backslash) return phase.quotedPair;
        return isQuotedByte(byte) ? phase.quoted : -1;
      case phase.quotedPair:
        return isQuotedByte(byte) ? phase.quoted : -1;
      default:
        return afterExtension(byte);
    }
  }
}

function afterExtension(byte: number): number {
  if (byte === semicolon) return phase.nameFirst;
  return byte === CR ? phase.sizeFeed : -1;
}

function isQuotedByte(byte: number): boolean {
  return byte === HTAB || (byte >= SP && byte < 0x7f);
}
