import type { OverLimit } from "../core/requests/over-limit.ts";
import { COLON, CR, fieldBytes, isBlank, latin1, LF, tokenBytes } from "./bytes.ts";
import type { Failure, Fields, HeadState } from "./head.ts";

/**
 * Scans field lines: the part that requests, answers and trailers have in common. One pass over the bytes; a
 * head may arrive in any pieces, and every position within a line (also between CR and LF) is a phase, so that
 * no byte is looked at twice. Only offsets are kept; strings are made when they are asked for.
 *
 *     subclass' phases --> lineStart --> name --> value --> lineFeed --> lineStart ...
 *                          lineStart --CR--> lastFeed --> complete
 */
export const phase = {
  lineStart: 100,
  name: 101,
  value: 102,
  lineFeed: 103,
  lastFeed: 104,
  complete: 105,
} as const;

export interface ScanLimits {
  headBytesMax: number;
  fieldsMax: number;
}

const carryBytesMin = 1024;
const linesAtFirst = 24;

export abstract class FieldScanner<Problem extends string> implements Fields {
  state: HeadState = "more";
  failure: Failure<Problem> | undefined;
  fieldCount = 0;
  /** The whole head as latin1, from complete on. */
  text = "";
  /** Offset in `text` of the first field line. */
  protected firstLine = 0;
  /** Colon and CR of each field line, as offsets in `text`. */
  protected lines = new Int32Array(2 * linesAtFirst);
  protected phase: number;
  /** It was made for these. */
  readonly limits: ScanLimits;
  /** Bytes of earlier pieces. */
  protected carried = 0;
  private carry: Buffer | undefined;
  private nameStart = 0;

  constructor(limits: ScanLimits, firstPhase: number) {
    this.limits = limits;
    this.phase = firstPhase;
  }

  protected abstract problemOf(reason: "syntax" | "too-large"): Problem;
  /** The start line; then `scanFields`. Returns the index after the last byte taken. */
  protected abstract scan(buffer: Buffer, from: number, end: number, shift: number): number;
  /** All bytes are there, from `base` of `buffer` on, and `text` is set: find out what they mean, or refuse. */
  protected abstract understand(buffer: Buffer, base: number): void;

  /** Some byte has arrived, but not all. */
  get started(): boolean {
    return this.state === "more" && this.carried > 0;
  }

  get headBytes(): number {
    return this.text.length;
  }

  /** Takes bytes `from` (inclusive) to `to` (exclusive); returns the index after the last byte taken. */
  push(buffer: Buffer, from: number, to: number): number {
    if (this.state !== "more") return from;
    const end = Math.min(to, from + this.limits.headBytesMax - this.carried);
    const at = this.scan(buffer, from, end, this.carried - from);
    if (this.failure !== undefined) return at;
    if (this.phase === phase.complete) this.finish(buffer, from, at);
    else if (end < to) this.refuseSize("the head is larger than allowed");
    else this.keep(buffer, from, to);
    return at;
  }

  /** Everything in locals: this loop is the cost of a head. Each turn takes one line, or what there is of it. */
  protected scanFields(buffer: Buffer, from: number, end: number, shift: number): number {
    let at = from;
    let now = this.phase;
    let index = this.fieldCount * 2;
    const room = Math.min(this.limits.fieldsMax * 2, this.lines.length);
    while (at < end) {
      if (now === phase.lineStart) {
        const byte = buffer[at]!;
        if (byte === CR) {
          at++;
          now = phase.lastFeed;
          continue;
        }
        if ((index >= room || isBlank(byte)) && !this.mayBeginLine(byte, index)) return at;
        now = phase.name;
        this.nameStart = at + shift;
      }
      if (now === phase.name) {
        while (at < end && tokenBytes[buffer[at]!] === 1) at++;
        if (at === end) break;
        if (buffer[at] !== COLON) return this.refuseSyntax("a byte that a field name may not have", at);
        if (at + shift === this.nameStart) return this.refuseSyntax("a field without a name", at);
        this.lines[index] = at + shift;
        at++;
        now = phase.value;
      }
      if (now === phase.value) {
        while (at < end && fieldBytes[buffer[at]!] === 1) at++;
        if (at === end) break;
        if (buffer[at] !== CR) return this.refuseSyntax("a byte that a field value may not have", at);
        this.lines[index + 1] = at + shift;
        index += 2;
        at++;
        now = phase.lineFeed;
        if (at === end) break;
      }
      if (buffer[at] !== LF) return this.refuseSyntax("CR without LF", at);
      at++;
      if (now === phase.lastFeed) {
        now = phase.complete;
        break;
      }
      now = phase.lineStart;
    }
    this.phase = now;
    this.fieldCount = index >> 1;
    return at;
  }

  /** There is room for another line (or it is made), and this byte does not continue the last one. */
  private mayBeginLine(byte: number, index: number): boolean {
    if (isBlank(byte)) this.refuse(this.problemOf("syntax"), "a folded field line");
    else if (index === this.limits.fieldsMax * 2) this.refuseSize("more fields than allowed");
    if (index === this.lines.length) this.growLines();
    return this.failure === undefined;
  }

  protected refuse(problem: Problem, detail: string): void {
    this.state = "failed";
    this.failure = { problem, detail };
  }

  protected refuseSyntax(detail: string, at: number): number {
    this.refuse(this.problemOf("syntax"), detail);
    return at;
  }

  private refuseSize(detail: OverLimit): void {
    this.refuse(this.problemOf("too-large"), detail);
  }

  private finish(buffer: Buffer, from: number, at: number): void {
    this.state = "complete";
    if (this.carried === 0) {
      this.text = latin1(buffer, from, at);
      this.understand(buffer, from);
      return;
    }
    this.keep(buffer, from, at);
    const whole = this.carry!;
    this.carry = undefined;
    this.text = latin1(whole, 0, this.carried);
    this.understand(whole, 0);
  }

  /** Copies a piece of an unfinished head: the buffer belongs to the caller. */
  private keep(buffer: Buffer, from: number, to: number): void {
    const size = this.carried + to - from;
    if (this.carry === undefined || this.carry.length < size) {
      const larger = Buffer.allocUnsafeSlow(Math.max(carryBytesMin, size * 2));
      this.carry?.copy(larger, 0, 0, this.carried);
      this.carry = larger;
    }
    buffer.copy(this.carry, this.carried, from, to);
    this.carried = size;
  }

  private growLines(): void {
    const larger = new Int32Array(this.lines.length * 2);
    larger.set(this.lines);
    this.lines = larger;
  }

  protected restart(firstPhase: number): void {
    this.state = "more";
    this.failure = undefined;
    this.fieldCount = 0;
    this.text = "";
    this.phase = firstPhase;
    this.carried = 0;
    this.carry = undefined;
  }

  /** Offset of a field line; of the empty line after the last one, for `fieldCount`. */
  lineAt(index: number): number {
    return index === 0 ? this.firstLine : this.lines[index * 2 - 1]! + 2;
  }

  colonAt(index: number): number {
    return this.lines[index * 2]!;
  }

  valueStart(index: number): number {
    let at = this.lines[index * 2]! + 1;
    const end = this.lines[index * 2 + 1]!;
    while (at < end && isBlank(this.text.charCodeAt(at))) at++;
    return at;
  }

  valueEnd(index: number): number {
    const colon = this.lines[index * 2]!;
    let at = this.lines[index * 2 + 1]!;
    while (at - 1 > colon && isBlank(this.text.charCodeAt(at - 1))) at--;
    return at;
  }

  fieldName(index: number): string {
    return this.text.slice(this.lineAt(index), this.colonAt(index));
  }

  fieldValue(index: number): string {
    const start = this.valueStart(index);
    return this.text.slice(start, Math.max(start, this.valueEnd(index)));
  }

  /** Whether this is the value, without making a string of it. */
  protected hasValue(index: number, value: string): boolean {
    const start = this.valueStart(index);
    const length = Math.max(0, this.valueEnd(index) - start);
    return length === value.length && this.text.startsWith(value, start);
  }

  /** The field has this name (given in lower case). */
  isNamed(index: number, name: string): boolean {
    const start = this.lineAt(index);
    if (this.colonAt(index) - start !== name.length) return false;
    for (let at = 0; at < name.length; at++) {
      const got = this.text.charCodeAt(start + at);
      const lower = got >= 0x41 && got <= 0x5a ? got | 0x20 : got;
      if (lower !== name.charCodeAt(at)) return false;
    }
    return true;
  }

  header(name: string): string | undefined {
    for (let index = 0; index < this.fieldCount; index++) {
      if (this.isNamed(index, name)) return this.fieldValue(index);
    }
    return undefined;
  }

  headers(name: string): string[] {
    const values: string[] = [];
    for (let index = 0; index < this.fieldCount; index++) {
      if (this.isNamed(index, name)) values.push(this.fieldValue(index));
    }
    return values;
  }
}
