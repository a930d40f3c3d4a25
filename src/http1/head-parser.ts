import { clearOptions, freshOptions, readConnection } from "./connection-options.ts";
import { FieldScanner } from "./field-scanner.ts";
import { kinds, known, knownField } from "./known-fields.ts";

const kindsAtFirst = 24;

/** What heads of requests and answers have in common beyond their lines: which field is what, and Connection. */
export abstract class HeadParser<Problem extends string> extends FieldScanner<Problem> {
  /** What each field line is (known-fields); for the writer. */
  kinds: Uint8Array = new Uint8Array(kindsAtFirst);
  /** Bits by kind: there is such a line; there is more than one. */
  private seen = 0;
  private repeated = 0;
  /** The last line of each kind; meaningless when there is none. */
  protected readonly lineOf = new Int32Array(kinds);
  protected readonly options = freshOptions();

  /** Finds out what each line is, and reads Connection. The head begins at `base` of `buffer`. */
  protected sortFields(buffer: Buffer, base: number): void {
    this.seen = 0;
    this.repeated = 0;
    clearOptions(this.options);
    if (this.kinds.length < this.fieldCount) this.kinds = new Uint8Array(this.lines.length / 2);
    const { text, lines, kinds: kindOf, fieldCount } = this;
    let line = this.firstLine;
    for (let index = 0; index < fieldCount; index++) {
      const kind = knownField(buffer, base + line, base + lines[index * 2]!);
      line = lines[index * 2 + 1]! + 2;
      kindOf[index] = kind;
      if (kind === known.other) continue;
      this.repeated |= this.seen & (1 << kind);
      this.seen |= 1 << kind;
      this.lineOf[kind] = index;
      if (kind !== known.connection) continue;
      const wrong = readConnection(this.options, text, this.valueStart(index), this.valueEnd(index));
      if (wrong !== "") return this.refuse(this.problemOf("syntax"), wrong);
    }
    if (this.options.nominated.length > 0) this.markNominated();
  }

  has(kind: number): boolean {
    return (this.seen & (1 << kind)) !== 0;
  }

  protected isRepeated(kind: number): boolean {
    return (this.repeated & (1 << kind)) !== 0;
  }

  protected hasOne(kind: number): boolean {
    return this.has(kind) && !this.isRepeated(kind);
  }

  /** Known fields have their own rules; only others can be taken away by Connection. */
  private markNominated(): void {
    for (const name of this.options.nominated) {
      for (let index = 0; index < this.fieldCount; index++) {
        if (this.kinds[index] === known.other && this.isNamed(index, name))
          this.kinds[index] = known.nominated;
      }
    }
  }

  /** Readers disagree about tabs around a length or coding: none is taken there. */
  protected hasTab(line: number): boolean {
    const tab = this.text.indexOf("\t", this.colonAt(line));
    return tab !== -1 && tab < this.lineAt(line + 1);
  }
}
