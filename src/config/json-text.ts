import type { KeyPath } from "./issues.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Thrown by `readJson`. */
export class JsonFault extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.name = "JsonFault";
    this.position = position;
  }
}

/** A JSON text with the place of everything in it. */
export interface JsonText {
  readonly value: unknown;
  /** Where a key stands (or the value, in a list); of the nearest thing above when there is no such key. */
  positionOf(path: KeyPath): Position;
}

/**
 * Reads JSON and remembers where everything stands. Besides the grammar, a key that stands twice in one object is a
 * fault: `JSON.parse` would silently take the last.
 */
export function readJson(text: string): JsonText {
  const reader = new Reader(text.startsWith("\uFEFF") ? text.slice(1) : text);
  const value = reader.document();
  return {
    value,
    positionOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const offset = reader.offsets.get(JSON.stringify(path.slice(0, length)));
        if (offset !== undefined) return reader.position(offset);
      }
      return { line: 1, column: 1 };
    },
  };
}

const depthMax = 100;

class Reader {
  readonly offsets = new Map<string, number>();
  private readonly text: string;
  private at = 0;
  /** Where each line begins; undefined until a position is asked for. */
  private lines: number[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    const value = this.read([]);
    this.skipBlanks();
    if (this.at < this.text.length) this.fail("something stands after the end");
    return value;
  }

  position(offset: number): Position {
    this.lines ??= lineStarts(this.text);
    let line = 0;
    let end = this.lines.length;
    while (end - line > 1) {
      const middle = (line + end) >>> 1;
      if ((this.lines[middle] ?? 0) <= offset) line = middle;
      else end = middle;
    }
    return { line: line + 1, column: offset - (this.lines[line] ?? 0) + 1 };
  }

  private read(path: KeyPath): unknown {
    if (path.length > depthMax) this.fail("nested too deeply");
    this.skipBlanks();
    const first = this.text[this.at];
    if (first === "{") return this.object(path);
    if (first === "[") return this.list(path);
    if (first === '"') return this.string();
    return this.word();
  }

  private object(path: KeyPath): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.sequence("}", () => {
      const start = this.at;
      if (this.text[start] !== '"') this.fail("a key in double quotes is missing");
      const key = this.string();
      if (entries.has(key)) this.fail(`the key ${JSON.stringify(key)} stands twice in this object`, start);
      const keyPath = [...path, key];
      this.offsets.set(JSON.stringify(keyPath), start);
      this.skipBlanks();
      this.expect(":");
      entries.set(key, this.read(keyPath));
    });
    return Object.fromEntries(entries);
  }

  private list(path: KeyPath): unknown[] {
    const values: unknown[] = [];
    this.sequence("]", () => {
      const itemPath = [...path, values.length];
      this.offsets.set(JSON.stringify(itemPath), this.at);
      values.push(this.read(itemPath));
    });
    return values;
  }

  /** From the opening bracket to the closing one: items with commas between. */
  private sequence(end: string, item: () => void): void {
    this.at += 1;
    this.skipBlanks();
    if (this.text[this.at] === end) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.skipBlanks();
      if (this.text[this.at] === end) this.fail(`a comma stands before "${end}"`);
      item();
      this.skipBlanks();
      if (this.text[this.at] === end) break;
      this.expect(",", `"," or "${end}"`);
    }
    this.at += 1;
  }

  private string(): string {
    const start = this.at;
    const text = this.take(/"(?:[^"\\\n]|\\.)*"/y) ?? this.fail("a text is not closed on its line");
    return String(this.parsed(text, start));
  }

  private word(): unknown {
    const start = this.at;
    const text = this.take(/[-+.\w]+/y);
    if (text !== undefined) return this.parsed(text, start);
    const found = this.text[start];
    if (found === undefined) return this.fail("the file ends in the middle");
    return this.fail(
      found === "/" ? "JSON has no comments" : `${JSON.stringify(found)} is not possible here`,
    );
  }

  private parsed(text: string, start: number): unknown {
    try {
      return JSON.parse(text);
    } catch {
      return this.fail(`${text.slice(0, 40)} is not JSON`, start);
    }
  }

  /** What the pattern (sticky) finds here. */
  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private expect(character: string, name = `"${character}"`): void {
    if (this.text[this.at] !== character) this.fail(`${name} is missing`);
    this.at += 1;
  }

  private skipBlanks(): void {
    while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  private fail(message: string, offset = this.at): never {
    throw new JsonFault(message, this.position(offset));
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
