import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A line longer than this is no line for people: the rest of it is not shown. */
const lineCharactersMax = 16 * 1024;

/** Copies whole lines, each with `prefix` in front, so that the lines of several programs stay apart. */
export function prefixLines(from: Readable, to: Writable, prefix: string): void {
  from.on("error", () => undefined);
  createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    to.write(
      `${prefix}${line.length > lineCharactersMax ? `${line.slice(0, lineCharactersMax)} …` : line}\n`,
    );
  });
}
