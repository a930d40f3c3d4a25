import { consistsOf, CR, fieldBytes, LF, ownCopy, SP, tokenBytes } from "./bytes.ts";
import { phase } from "./field-scanner.ts";
import type { AnswerHead, AnswerProblem, Framing, HeadLimits } from "./head.ts";
import { HeadParser } from "./head-parser.ts";
import { known } from "./known-fields.ts";
import { isWord, readLength } from "./numbers.ts";

/**
 *     "HTTP/1.x " --> status --SP--> reason --CR--> lineFeed --LF--> field lines
 *                     status --CR--> lineFeed
 */
const start = { version: 0, status: 1, afterStatus: 2, reason: 3, lineFeed: 4 } as const;

const versionText = "HTTP/1.1 ";
const minorAt = 7;
const reasonAt = 13;
const keepAliveSecondsMax = 3600;

/** Reads answers of one worker connection; used again for each. Also the parsed head (see AnswerHead). */
export class AnswerParser extends HeadParser<AnswerProblem> implements AnswerHead {
  minor: 0 | 1 = 1;
  status = 0;
  framing: Framing = "none";
  contentLength = 0;
  keepAlive = true;
  keepAliveTimeoutMs = 0;
  upgrade = "";
  private requestIsHead = false;
  private statusDigits = 0;
  private versionMatched = 0;
  private hintText = "";
  private hintMs = 0;

  constructor(limits: HeadLimits) {
    super(limits, start.version);
  }

  get head(): AnswerHead {
    return this;
  }

  /** 100..199. After each but 101 another head follows: call `next` again. */
  get informational(): boolean {
    return this.status < 200;
  }

  get reason(): string {
    return this.text.slice(reasonAt, Math.max(reasonAt, this.firstLine - 2));
  }

  /** Be ready for an answer to a request of this method. */
  next(requestMethod: string): void {
    this.restart(start.version);
    this.requestIsHead = requestMethod === "HEAD";
    this.status = 0;
    this.statusDigits = 0;
    this.versionMatched = 0;
  }

  protected override problemOf(): AnswerProblem {
    return "badAnswer";
  }

  protected override scan(buffer: Buffer, from: number, end: number, shift: number): number {
    let at = from;
    if (this.phase === start.version) at = this.scanVersion(buffer, at, end);
    if (this.phase === start.status) at = this.scanStatus(buffer, at, end);
    if (this.phase === start.afterStatus) at = this.scanAfterStatus(buffer, at, end);
    if (this.phase === start.reason) at = this.scanReason(buffer, at, end);
    if (this.phase === start.lineFeed && at < end) {
      if (buffer[at] !== LF) return this.refuseSyntax("CR without LF", at);
      at++;
      this.firstLine = at + shift;
      this.phase = phase.lineStart;
    }
    return this.phase >= phase.lineStart ? this.scanFields(buffer, at, end, shift) : at;
  }

  private scanVersion(buffer: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end) {
      const byte = buffer[at]!;
      const matched = this.versionMatched;
      if (matched === minorAt && (byte === 0x30 || byte === 0x31)) this.minor = byte === 0x30 ? 0 : 1;
      else if (byte !== versionText.charCodeAt(matched))
        return this.refuseSyntax("not an HTTP/1.x answer", at);
      at++;
      this.versionMatched = matched + 1;
      if (this.versionMatched === versionText.length) {
        this.phase = start.status;
        return at;
      }
    }
    return at;
  }

  private scanStatus(buffer: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end) {
      const digit = buffer[at]! - 0x30;
      if (digit < 0 || digit > 9 || (this.statusDigits === 0 && digit === 0)) {
        return this.refuseSyntax("no valid status", at);
      }
      this.status = this.status * 10 + digit;
      at++;
      this.statusDigits++;
      if (this.statusDigits === 3) {
        this.phase = start.afterStatus;
        return at;
      }
    }
    return at;
  }

  private scanAfterStatus(buffer: Buffer, from: number, end: number): number {
    if (from === end) return from;
    const byte = buffer[from];
    if (byte === SP) this.phase = start.reason;
    else if (byte === CR) this.phase = start.lineFeed;
    else return this.refuseSyntax("no valid status", from);
    return from + 1;
  }

  private scanReason(buffer: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && fieldBytes[buffer[at]!] === 1) at++;
    if (at === end) return at;
    if (buffer[at] !== CR) return this.refuseSyntax("a byte that a reason may not have", at);
    this.phase = start.lineFeed;
    return at + 1;
  }

  protected override understand(buffer: Buffer, base: number): void {
    this.framing = "none";
    this.contentLength = 0;
    this.upgrade = "";
    this.sortFields(buffer, base);
    if (this.failure === undefined) this.readFraming();
    if (this.failure === undefined) this.readPersistence();
  }

  /** Length fields are checked also where the status says that there is no body. */
  private readFraming(): void {
    const byLength = this.has(known.contentLength);
    const byCoding = this.has(known.transferEncoding);
    if (byLength && byCoding) return this.refuse("badAnswer", "both Content-Length and Transfer-Encoding");
    if (this.isRepeated(known.contentLength) || this.isRepeated(known.transferEncoding))
      return this.refuse("badAnswer", "more than one field says how long the body is");
    let framing: Framing = "close";
    const line = this.lineOf[byCoding ? known.transferEncoding : known.contentLength]!;
    if ((byLength || byCoding) && this.hasTab(line)) {
      return this.refuse("badAnswer", "a tab beside the length of the body");
    }
    if (byCoding) {
      const chunked = isWord(this.text, this.valueStart(line), this.valueEnd(line), "chunked");
      if (!chunked || this.minor === 0) {
        return this.refuse("badAnswer", "Transfer-Encoding is not exactly one chunked");
      }
      framing = "chunked";
    } else if (byLength) {
      const length = readLength(this.text, this.valueStart(line), this.valueEnd(line));
      if (length < 0) return this.refuse("badAnswer", "Content-Length is not a plain number");
      framing = "length";
      this.contentLength = length;
    }
    if (!this.hasNoBody()) this.framing = framing;
    else this.contentLength = 0;
  }

  private hasNoBody(): boolean {
    return this.requestIsHead || this.status < 200 || this.status === 204 || this.status === 304;
  }

  private readPersistence(): void {
    const { close, keepAlive, upgrade } = this.options;
    this.keepAlive =
      !close && (this.minor === 1 || keepAlive) && this.framing !== "close" && this.status !== 101;
    if (this.informational && this.status !== 101 && !this.keepAlive) {
      return this.refuse("badAnswer", "an answer before the final one closes the connection");
    }
    this.keepAliveTimeoutMs = this.has(known.keepAlive) ? this.readHint(this.lineOf[known.keepAlive]!) : 0;
    if (this.status !== 101 || !upgrade || !this.hasOne(known.upgrade)) return;
    const protocol = this.fieldValue(this.lineOf[known.upgrade]!).toLowerCase();
    if (protocol !== "" && consistsOf(protocol, tokenBytes)) this.upgrade = protocol;
  }

  /** A worker says the same each time: read once. */
  private readHint(line: number): number {
    if (!this.hasValue(line, this.hintText)) {
      this.hintText = ownCopy(this.fieldValue(line));
      this.hintMs = readTimeout(this.hintText);
    }
    return this.hintMs;
  }
}

/** Milliseconds from `timeout=5, max=100`; 0 when it does not say. */
function readTimeout(value: string): number {
  const lower = value.toLowerCase();
  const at = lower.indexOf("timeout=");
  if (at === -1) return 0;
  const comma = lower.indexOf(",", at);
  const seconds = readLength(lower, at + "timeout=".length, comma === -1 ? lower.length : comma);
  return seconds < 0 ? 0 : Math.min(seconds, keepAliveSecondsMax) * 1000;
}
