import { consistsOf, fieldBytes, tokenBytes } from "./bytes.ts";
import type { SortedFields } from "./head.ts";
import { kinds } from "./known-fields.ts";

/** Which kinds of fields are left out, by kind. */
export function dropTable(...dropped: readonly number[]): Uint8Array {
  const table = new Uint8Array(kinds);
  for (const kind of dropped) table[kind] = 1;
  return table;
}

/**
 * The field lines that stay, after `start`: runs of lines between dropped ones are copied as they came, for every
 * byte of them has passed the parser's tables. `from` 0 takes the start line as well.
 */
export function keptLines(head: SortedFields, dropped: Uint8Array, start: string, from: number): string {
  let text = start;
  let runStart = from;
  for (let index = 0; index < head.fieldCount; index++) {
    if (dropped[head.kinds[index]!] === 0) continue;
    const line = head.lineAt(index);
    if (line > runStart) text += head.text.slice(runStart, line);
    runStart = head.lineAt(index + 1);
  }
  const end = head.lineAt(head.fieldCount);
  return end > runStart ? text + head.text.slice(runStart, end) : text;
}

/** A line of ours. What is added is held to the same tables as what was received. */
export function fieldLine(name: string, value: string): string {
  if (name === "" || !consistsOf(name, tokenBytes))
    throw new Error(`not a field name: ${JSON.stringify(name)}`);
  return `${name}: ${checkedValue(value)}\r\n`;
}

export function checkedValue(value: string): string {
  if (!consistsOf(value, fieldBytes))
    throw new Error("a field value of the gateway has a byte that it may not have");
  return value;
}
