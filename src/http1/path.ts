import { hexValues } from "./bytes.ts";

const percent = 0x25;
const slash = 0x2f;
const semicolon = 0x3b;
const backslash = 0x5c;
const dot = 0x2e;

export type PathFinding =
  | { kind: "fine" }
  /** Has %2f or %5c: a route may allow it. */
  | { kind: "encoded-slash" }
  | { kind: "refused"; detail: string };

const fine: PathFinding = { kind: "fine" };
const encodedSlash: PathFinding = { kind: "encoded-slash" };

function refused(detail: string): PathFinding {
  return { kind: "refused", detail };
}

/**
 * There is one form of a path: the bytes received. It is never decoded and never tidied up, so what could mean
 * another path to whoever decodes it later is refused: segments `.` and `..` (also as %2e, also before `;`,
 * also between encoded slashes), backslashes, %00, a `%` without two digits. Give the path without its query.
 */
export function checkPath(path: string): PathFinding {
  let slashes = false;
  let segmentStart = 1;
  for (let at = 1; at <= path.length; at++) {
    const code = at === path.length ? slash : path.charCodeAt(at);
    let separatorLength = code === slash ? 1 : 0;
    if (code === backslash) return refused("a backslash in the path");
    if (code === percent) {
      const byte = decodeAt(path, at);
      if (byte === -1) return refused("a percent sign without two hexadecimal digits in the path");
      if (byte === 0) return refused("an encoded NUL in the path");
      if (byte === slash || byte === backslash) {
        slashes = true;
        separatorLength = 3;
      }
    }
    if (separatorLength === 0) continue;
    if (isDotSegment(path, segmentStart, at)) return refused("a segment `.` or `..` in the path");
    segmentStart = at + separatorLength;
  }
  return slashes ? encodedSlash : fine;
}

/** The byte that `%xx` at this place stands for; -1 when it is no such triple. */
function decodeAt(path: string, at: number): number {
  if (at + 2 >= path.length) return -1;
  const high = hexValues[path.charCodeAt(at + 1)];
  const low = hexValues[path.charCodeAt(at + 2)];
  if (high === undefined || low === undefined || high === 255 || low === 255) return -1;
  return high * 16 + low;
}

/** One or two dots, each plain or %2e, up to the end of the segment or a `;` (some servers cut there). */
function isDotSegment(path: string, start: number, end: number): boolean {
  let dots = 0;
  let at = start;
  while (at < end) {
    const code = path.charCodeAt(at);
    if (code === dot) at += 1;
    else if (code === percent && decodeAt(path, at) === dot) at += 3;
    else if (code === semicolon || (code === percent && decodeAt(path, at) === semicolon)) break;
    else return false;
    dots++;
  }
  return dots === 1 || dots === 2;
}
