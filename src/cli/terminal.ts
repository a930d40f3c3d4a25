/** Where a command writes: data to `out` (stdout), everything for the eyes alone to `note` (stderr). */
export interface Terminal {
  readonly columns: number;
  /** How wide a table may be: on a screen as wide as that, elsewhere as wide as it is. Default: `columns`. */
  readonly tableColumns?: number;
  /** What is written to stdout is seen on a screen, which can be drawn over. */
  readonly isScreen?: boolean;
  out(line: string): void;
  note(line: string): void;
  /** Colours stdout where it is a terminal that wants colours; elsewhere the text as it is. */
  paint(colour: Colour, text: string): string;
}

export type Colour = "red" | "green" | "yellow" | "dim" | "bold";

const codes: Record<Colour, readonly [number, number]> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

const columnsMax = 80;

export function processTerminal(): Terminal {
  const coloured = wantsColour(process.env, process.stdout.isTTY);
  return {
    columns: columnsMax,
    tableColumns: process.stdout.isTTY ? Math.max(columnsMax, process.stdout.columns) : Infinity,
    isScreen: process.stdout.isTTY,
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    paint: (colour, text) => {
      const [on, off] = codes[colour];
      return coloured ? `\u001B[${on}m${text}\u001B[${off}m` : text;
    },
  };
}

/** https://no-color.org: any value that is not empty turns colours off. FORCE_COLOR turns them on without a terminal. */
export function wantsColour(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean | undefined,
): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const force = environment["FORCE_COLOR"] ?? "";
  if (force !== "") return force !== "0";
  return isTerminal === true && environment["TERM"] !== "dumb";
}

export function tableWidth({ columns, tableColumns = columns }: Terminal): number {
  return tableColumns;
}

/**
 * What came from elsewhere must not steer the terminal: control characters become visible, and so does what turns the order
 * of what is shown, by which one name looks like another.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}
