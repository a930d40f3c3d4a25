export type Key =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "escape"
  | "quit"
  | (string & {});

const named: Record<string, Key> = {
  "\u001B[A": "up",
  "\u001BOA": "up",
  "\u001B[B": "down",
  "\u001BOB": "down",
  "\u001B[5~": "page-up",
  "\u001B[6~": "page-down",
  "\u001B[H": "first",
  "\u001B[1~": "first",
  "\u001B[F": "last",
  "\u001B[4~": "last",
  "\u001B": "escape",
  "\u0003": "quit",
  q: "quit",
  k: "up",
  j: "down",
};

/** A sequence that begins with escape, or one character. */
const piece = /\p{Cc}(?:\[[0-9;]*[~A-Za-z]|O[A-Za-z])?|./gu;

/** What was typed. Several keys may come in one piece; sequences that are not known are left out. */
export function keysIn(typed: string): Key[] {
  const pieces = typed.match(piece) ?? [];
  return pieces.flatMap((text) => named[text] ?? (text.length === 1 && text >= " " ? text : []));
}
