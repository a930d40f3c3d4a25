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

/** Fields by which one reader might take what follows for another message than the next: refused, not dropped. */
const refusedTrailers: ReadonlySet<number> = new Set([
  known.contentLength,
  known.transferEncoding,
  known.host,
  known.connection,
  known.upgrade,
  known.expect,
]);

/** The field lines after the last chunk. */
export class TrailerScanner extends FieldScanner<"trailers"> {
  /** The lines that may be forwarded, written anew, each with CRLF. */
  kept = "";

  constructor(limits: ScanLimits) {
    super(limits, phase.lineStart);
  }

  protected override problemOf(): "trailers" {
    return "trailers";
  }

  protected override scan(buffer: Buffer, from: number, end: number, shift: number): number {
    return this.scanFields(buffer, from, end, shift);
  }

  protected override understand(buffer: Buffer, base: number): void {
    this.kept = "";
    for (let index = 0; index < this.fieldCount; index++) {
      const kind = knownField(buffer, base + this.lineAt(index), base + this.colonAt(index));
      if (refusedTrailers.has(kind)) return this.refuse("trailers", "a field that decides framing");
      const name = this.fieldName(index);
      if (kind !== known.other || neverTrailers.has(name.toLowerCase().replaceAll("_", "-"))) continue;
      this.kept += `${name}: ${this.fieldValue(index)}\r\n`;
    }
  }
}
