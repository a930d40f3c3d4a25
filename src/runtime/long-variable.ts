/** Linux takes at most 128 KiB for one variable of an environment, and some 2 MiB for all of it. */
const pieceLengthMax = 30_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** A text of any length as variables: `NAME`, and where it is long `NAME_2`, `NAME_3` and so on. */
export function longVariable(name: string, text: string): Record<string, string> {
  const pieces: [string, string][] = [];
  let at = 0;
  do {
    const end = wholeCharacters(text, at + pieceLengthMax);
    pieces.push([pieceName(name, pieces.length), text.slice(at, end)]);
    at = end;
  } while (at < text.length);
  return Object.fromEntries(pieces);
}

/** Half a character beyond the first 65,536 is none, and would be lost on its way. */
function wholeCharacters(text: string, end: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(end)) ? end - 1 : end;
}

/** Undefined: there is none. */
export function readLongVariable(environment: Environment, name: string): string | undefined {
  let text = environment[name];
  for (let index = 1; text !== undefined; index += 1) {
    const piece = environment[pieceName(name, index)];
    if (piece === undefined) break;
    text += piece;
  }
  return text;
}

/** The same environment without it: what is left of a longer one would be taken for the end of a shorter one. */
export function withoutLongVariable(
  environment: Environment,
  name: string,
): Record<string, string | undefined> {
  const isPiece = new RegExp(`^${name}(_\\d+)?$`);
  return Object.fromEntries(Object.entries(environment).filter(([key]) => !isPiece.test(key)));
}

function pieceName(name: string, index: number): string {
  return index === 0 ? name : `${name}_${index + 1}`;
}
