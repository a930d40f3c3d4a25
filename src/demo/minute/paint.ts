/** Colours for people, and none where they are not wanted: NO_COLOR, a file, a dumb terminal. */
export interface Paint {
  bold: (text: string) => string;
  dim: (text: string) => string;
  good: (text: string) => string;
  bad: (text: string) => string;
}

export function paintFor(stream: { isTTY?: boolean }, environment = process.env): Paint {
  const off =
    stream.isTTY !== true || (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  const wrap =
    (code: number) =>
    (text: string): string =>
      off ? text : `\u001B[${code}m${text}\u001B[0m`;
  return { bold: wrap(1), dim: wrap(2), good: wrap(32), bad: wrap(31) };
}
