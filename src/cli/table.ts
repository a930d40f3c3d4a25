export interface Column<Row> {
  readonly title: string;
  readonly align?: "right";
  /** Where a table is too wide, these columns are cut, the widest first. Default: never. */
  readonly shrinks?: boolean;
  text(row: Row): string;
  /** Puts colour around the padded text. */
  paint?(row: Row, text: string): string;
}

const gap = "  ";
const shrunkWidthMin = 6;

/** Lines of a table at most `width` columns wide; columns without any text are left out. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const cells = columns.map((column) => rows.map((row) => column.text(row)));
  const shown = columns
    .map((column, at) => ({ column, cells: cells[at] ?? [] }))
    .filter(({ cells: own }) => own.some((text) => text !== ""));
  const widths = fit(
    shown.map(({ column, cells: own }) => Math.max(column.title.length, ...own.map((text) => text.length))),
    shown.map(({ column }) => column.shrinks === true),
    width - gap.length * (shown.length - 1),
  );
  const line = (pieces: readonly string[]): string => pieces.join(gap).trimEnd();
  const header = line(shown.map(({ column }, at) => pad(column.title, widths[at] ?? 0, column.align)));
  const body = rows.map((row, rowAt) =>
    line(
      shown.map(({ column, cells: own }, at) => {
        const text = pad(cut(own[rowAt] ?? "", widths[at] ?? 0), widths[at] ?? 0, column.align);
        return column.paint?.(row, text) ?? text;
      }),
    ),
  );
  return [header, ...body];
}

/** Takes from the widest column that may shrink, one by one, until the sum fits or nothing may shrink. */
function fit(widths: readonly number[], shrinks: readonly boolean[], room: number): number[] {
  const fitted = [...widths];
  for (let excess = sum(fitted) - room; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [at, own] of fitted.entries()) {
      if (shrinks[at] === true && own > shrunkWidthMin && own > (fitted[widest] ?? 0)) widest = at;
    }
    if (widest === -1) return fitted;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function pad(text: string, width: number, align: "right" | undefined): string {
  return align === "right" ? text.padStart(width) : text.padEnd(width);
}

/** Cuts in the middle: both ends of a name tell it apart from others. */
function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}\u2026${text.slice(text.length - (width - 1 - head))}`;
}

/** `3s`, `5m`, `2h`, `9d`. */
export function shortAge(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
