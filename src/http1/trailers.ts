import { FieldScanner, phase } from "./field-scanner.ts";
import type { ScanLimits } from "./field-scanner.ts";
import { known, knownField } from "./known-fields.ts";

/** Fields that decide routing, framing, authority or content: never taken from a trailer (RFC 9110 6.5.1). */
const neverTrailers: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-language",
  "content-location",
  "content-range",
  "content-type",
  "cookie",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "location",
  "max-forwards",
  "pragma",
  "range",
  "retry-after",
  "set-cookie",
  "vary",
  "warning",
  "www-authenticate",
]);

/** The field lines after the last chunk. */
export class TrailerScanner extends FieldScanner<"trailers"> {
  constructor(limits: ScanLimits) {
    super(limits, phase.lineStart);
  }

  protected override problemOf(): "trailers" {
    return "trailers";
  }

  protected override scan(buffer: Buffer, from: number, end: number, shift: number): number {
    return this.scanFields(buffer, from, end, shift);
  }

  protected override understand(): void {
    // Lines are all there is to a trailer section; what they say is decided in `kept`.
  }

  /** The lines that may be forwarded, written anew, each with CRLF. */
  kept(): string {
    let lines = "";
    for (let index = 0; index < this.fieldCount; index++) {
      const name = this.fieldName(index);
      if (knownField(Buffer.from(name, "latin1"), 0, name.length) !== known.other) continue;
      if (neverTrailers.has(name.toLowerCase().replaceAll("_", "-"))) continue;
      lines += `${name}: ${this.fieldValue(index)}\r\n`;
    }
    return lines;
  }
}
