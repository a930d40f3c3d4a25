import {
  consistsOf,
  CR,
  LF,
  ownCopy,
  SP,
  targetBytes,
  targetCareful,
  targetQuery,
  tokenBytes,
} from "./bytes.ts";
import { readAuthority } from "./authority.ts";
import { phase } from "./field-scanner.ts";
import type { Framing, HeadLimits, RequestHead, RequestProblem } from "./head.ts";
import { HeadParser } from "./head-parser.ts";
import { known } from "./known-fields.ts";
import { methodOf } from "./method.ts";
import { isWord, readLength } from "./numbers.ts";
import { checkPath } from "./path.ts";

/**
 *     method --SP--> target --SP--> version --CR LF--> field lines
 *
 * One empty line may stand before a request (RFC 9112 2.2); it is dropped.
 */
const start = { method: 0, target: 1, version: 2 } as const;

const emptyLine = { possible: 0, afterCr: 1, over: 2 } as const;

const methodBytesMax = 32;
const versionLine = "HTTP/1.1\r\n";
const minorAt = 7;
const none = -1;

/** Reads requests of one client connection; used again for each. Also the parsed head (see RequestHead). */
export class RequestParser extends HeadParser<RequestProblem> implements RequestHead {
  method = "";
  target = "";
  path = "";
  query = "";
  encodedSlash = false;
  minor: 0 | 1 = 1;
  host = "";
  authority = "";
  framing: Framing = "none";
  contentLength = 0;
  keepAlive = true;
  expectContinue = false;
  maxForwards = Infinity;
  upgrade = "";
  private readonly headLimits: HeadLimits;
  private leading: number = emptyLine.possible;
  private methodEnd = 0;
  private targetEnd = 0;
  private targetSeen = 0;
  private versionMatched = 0;
  private hostText = "";

  constructor(limits: HeadLimits) {
    super(limits, start.method);
    this.headLimits = limits;
  }

  get head(): RequestHead {
    return this;
  }

  /** Forget this head; be ready for the next. */
  next(): void {
    this.restart(start.method);
    // Slices of the head: an idle connection keeps none.
    this.method = "";
    this.target = "";
    this.path = "";
    this.query = "";
    this.leading = emptyLine.possible;
    this.targetSeen = 0;
    this.versionMatched = 0;
  }

  override push(buffer: Buffer, from: number, to: number): number {
    let at = from;
    if (this.leading !== emptyLine.over && this.state === "more") {
      at = this.skipEmptyLine(buffer, from, to);
      if (this.leading !== emptyLine.over || this.failure !== undefined) return at;
    }
    return super.push(buffer, at, to);
  }

  private skipEmptyLine(buffer: Buffer, from: number, to: number): number {
    let at = from;
    if (this.leading === emptyLine.possible && at < to) {
      if (buffer[at] !== CR) {
        this.leading = emptyLine.over;
        return at;
      }
      this.leading = emptyLine.afterCr;
      at++;
    }
    if (this.leading === emptyLine.afterCr && at < to) {
      if (buffer[at] !== LF) return this.refuseSyntax("CR without LF", at);
      this.leading = emptyLine.over;
      at++;
    }
    return at;
  }

  protected override problemOf(reason: "syntax" | "too-large"): RequestProblem {
    if (reason === "syntax") return "badRequest";
    return this.phase === start.target ? "targetTooLong" : "headTooLarge";
  }

  protected override scan(buffer: Buffer, from: number, end: number, shift: number): number {
    let at = from;
    if (this.phase === start.method) at = this.scanMethod(buffer, at, end, shift);
    if (this.phase === start.target) at = this.scanTarget(buffer, at, end, shift);
    if (this.phase === start.version) at = this.scanVersion(buffer, at, end, shift);
    return this.phase >= phase.lineStart ? this.scanFields(buffer, at, end, shift) : at;
  }

  private scanMethod(buffer: Buffer, from: number, end: number, shift: number): number {
    let at = from;
    while (at < end && tokenBytes[buffer[at]!] === 1) at++;
    if (at + shift > methodBytesMax) return this.refuseSyntax("the method is too long", at);
    if (at === end) return at;
    if (buffer[at] !== SP || at + shift === 0) return this.refuseSyntax("no valid method", at);
    this.methodEnd = at + shift;
    this.phase = start.target;
    return at + 1;
  }

  private scanTarget(buffer: Buffer, from: number, end: number, shift: number): number {
    let at = from;
    let seen = this.targetSeen;
    let bits = 1;
    while (at < end && (bits = targetBytes[buffer[at]!]!) !== 0) {
      seen |= bits;
      at++;
    }
    this.targetSeen = seen;
    const length = at + shift - this.methodEnd - 1;
    if (length > this.headLimits.targetBytesMax) {
      this.refuse("targetTooLong", "the request target is longer than allowed");
      return at;
    }
    if (at === end) return at;
    if (buffer[at] !== SP || length === 0) return this.refuseSyntax("no valid request target", at);
    this.targetEnd = at + shift;
    this.phase = start.version;
    return at + 1;
  }

  private scanVersion(buffer: Buffer, from: number, end: number, shift: number): number {
    let at = from;
    while (at < end) {
      const byte = buffer[at]!;
      const matched = this.versionMatched;
      if (byte !== versionLine.charCodeAt(matched)) {
        if (matched === minorAt && byte === 0x30) this.minor = 0;
        else return this.refuseVersion(matched, byte, at);
      } else if (matched === minorAt) {
        this.minor = 1;
      }
      at++;
      this.versionMatched = matched + 1;
      if (this.versionMatched === versionLine.length) {
        this.firstLine = at + shift;
        this.phase = phase.lineStart;
        return at;
      }
    }
    return at;
  }

  private refuseVersion(matched: number, byte: number, at: number): number {
    const digit = byte >= 0x30 && byte <= 0x39;
    if (!digit || (matched !== 5 && matched !== minorAt))
      return this.refuseSyntax("no valid HTTP version", at);
    this.refuse("versionRefused", "only HTTP/1.0 and HTTP/1.1 are spoken here");
    return at;
  }

  protected override understand(buffer: Buffer, base: number): void {
    this.clear();
    this.sortFields(buffer, base);
    if (this.failure === undefined) this.readTarget();
    if (this.failure === undefined) this.readHost();
    if (this.failure === undefined) this.readFraming();
    if (this.failure === undefined) this.readExpectation();
    if (this.failure === undefined) this.readMaxForwards();
    if (this.failure === undefined) this.readPersistence();
  }

  private clear(): void {
    this.upgrade = "";
    this.expectContinue = false;
    this.maxForwards = Infinity;
    this.encodedSlash = false;
    this.framing = "none";
    this.contentLength = 0;
  }

  private readTarget(): void {
    this.method = methodOf(this.text, this.methodEnd);
    this.target = this.text.slice(this.methodEnd + 1, this.targetEnd);
    if (this.method === "CONNECT" || this.method === "TRACE") {
      return this.refuse("methodRefused", "CONNECT and TRACE are not served here");
    }
    if (this.target.charCodeAt(0) === 0x2f) return this.readPath(this.target);
    if (this.target === "*") {
      if (this.method !== "OPTIONS") return this.refuse("badRequest", "the target `*` is for OPTIONS only");
      this.path = "*";
      this.query = "";
      return;
    }
    const authorityStart = this.target.indexOf("://") + 3;
    const scheme = authorityStart - 3;
    if (!isWord(this.target, 0, scheme, "http") && !isWord(this.target, 0, scheme, "https")) {
      return this.refuse("badRequest", "the target is neither a path nor an http URI");
    }
    let end = authorityStart;
    while (end < this.target.length && !"/?".includes(this.target.charAt(end))) end++;
    const whole = this.target.slice(end);
    if (whole === "" && this.method === "OPTIONS") {
      this.path = "*";
      this.query = "";
      return;
    }
    this.readPath(whole.startsWith("/") ? whole : `/${whole}`);
  }

  private readPath(whole: string): void {
    const mark = (this.targetSeen & targetQuery) === 0 ? none : whole.indexOf("?");
    this.path = mark === none ? whole : whole.slice(0, mark);
    this.query = mark === none ? "" : whole.slice(mark);
    if ((this.targetSeen & targetCareful) === 0) return;
    const finding = checkPath(this.path);
    if (finding.kind === "refused") return this.refuse("badPath", finding.detail);
    this.encodedSlash = finding.kind === "encoded-slash";
  }

  private readHost(): void {
    if (!this.hasOne(known.host)) return this.refuse("badHost", "there must be exactly one Host field");
    const line = this.lineOf[known.host]!;
    if (this.hostText === "" || !this.hasValue(line, this.hostText)) {
      const own = ownCopy(this.fieldValue(line));
      const authority = readAuthority(own);
      if (authority === undefined)
        return this.refuse("badHost", "Host is not a valid name with an optional port");
      this.hostText = own;
      this.host = authority.host;
      this.authority = authority.authority;
    }
    const first = this.target.charCodeAt(0);
    if (first !== 0x2f && first !== 0x2a && !this.targetIsHere()) {
      this.refuse("badHost", "the target and Host name different hosts");
    }
  }

  /** The authority of an absolute target is that of Host. */
  private targetIsHere(): boolean {
    const from = this.target.indexOf("://") + 3;
    const there = this.target.slice(from, from + this.authority.length).toLowerCase();
    const after = this.target.charAt(from + this.authority.length);
    return there === this.authority && (after === "" || after === "/" || after === "?");
  }

  private readFraming(): void {
    const byLength = this.has(known.contentLength);
    const byCoding = this.has(known.transferEncoding);
    if (!byLength && !byCoding) return;
    if (byLength && byCoding) {
      return this.refuse("badFraming", "both Content-Length and Transfer-Encoding");
    }
    if (this.isRepeated(known.contentLength) || this.isRepeated(known.transferEncoding))
      return this.refuse("badFraming", "more than one field says how long the body is");
    const line = this.lineOf[byCoding ? known.transferEncoding : known.contentLength]!;
    if (this.hasTab(line)) return this.refuse("badFraming", "a tab beside the length of the body");
    if (byCoding) return this.readCoding(line);
    this.contentLength = readLength(this.text, this.valueStart(line), this.valueEnd(line));
    if (this.contentLength < 0) return this.refuse("badFraming", "Content-Length is not a plain number");
    this.framing = "length";
  }

  private readCoding(line: number): void {
    if (this.minor === 0) return this.refuse("badFraming", "Transfer-Encoding in HTTP/1.0");
    const value = this.fieldValue(line);
    if (isWord(value, 0, value.length, "chunked")) {
      this.framing = "chunked";
      return;
    }
    const comma = value.indexOf(",");
    const first = (comma === -1 ? value : value.slice(0, comma)).trim();
    if (first !== "" && consistsOf(first, tokenBytes) && !isWord(first, 0, first.length, "chunked")) {
      return this.refuse("codingUnknown", "Transfer-Encoding may only be chunked");
    }
    this.refuse("badFraming", "Transfer-Encoding is not exactly one chunked");
  }

  private readExpectation(): void {
    if (!this.has(known.expect)) return;
    const line = this.lineOf[known.expect]!;
    const understood = isWord(this.text, this.valueStart(line), this.valueEnd(line), "100-continue");
    if (!understood || this.isRepeated(known.expect)) {
      return this.refuse("expectationFailed", "only Expect: 100-continue is understood");
    }
    this.expectContinue = this.minor === 1 && this.framing !== "none" && this.bodyFollows();
  }

  private bodyFollows(): boolean {
    return this.framing === "chunked" || this.contentLength > 0;
  }

  /** RFC 9110 7.6.2; for other methods than OPTIONS and TRACE it has no meaning. */
  private readMaxForwards(): void {
    if (!this.has(known.maxForwards) || this.method !== "OPTIONS") return;
    const line = this.lineOf[known.maxForwards]!;
    const hops = readLength(this.text, this.valueStart(line), this.valueEnd(line));
    if (hops < 0 || this.isRepeated(known.maxForwards)) {
      return this.refuse("badRequest", "Max-Forwards is not one plain number");
    }
    this.maxForwards = hops;
  }

  private readPersistence(): void {
    const { close, keepAlive, upgrade } = this.options;
    this.keepAlive = !close && (this.minor === 1 || keepAlive);
    if (!upgrade || !this.hasOne(known.upgrade)) return;
    if (this.minor === 0 || this.method !== "GET" || this.framing !== "none") return;
    const protocol = this.fieldValue(this.lineOf[known.upgrade]!).toLowerCase();
    if (protocol !== "" && protocol !== "h2c" && consistsOf(protocol, tokenBytes)) this.upgrade = protocol;
  }
}
