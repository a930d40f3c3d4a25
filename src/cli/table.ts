export interface Column<Row> {
  readonly title: string;
  readonly align?: "right";
  /** Where a table is too wide, these columns are cut, the widest first. Default: never. */
  readonly shrinks?: boolean;
  /** Where a table is still too wide, these columns are left out, the highest first. Default: never. */
  readonly spare?: number;
  text(row: Row): string;
  /** Puts colour around the padded text. */
  paint?(row: Row, text: string): string;
}

const gap = "  ";
const shrunkWidthMin = 6;
const readableWidth = 16;

interface Shown<Row> {
  column: Column<Row>;
  cells: readonly string[];
  width: number;
}

/**
 * Lines of a table at most `width` columns wide, as far as its columns shrink or are spare; columns without any text are left
 * out. `strict`: what is beyond the width even so is cut off.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  strict = false,
): string[] {
  const filled = columns
    .map((column) => shownOf(column, rows))
    .filter(({ cells }) => cells.some((text) => text !== ""));
  const shown = withoutSpare(filled, width);
  const fitted = fit(
    shown.map((one) => one.width),
    shown.map(({ column }) => column.shrinks === true),
    width - gap.length * (shown.length - 1),
  );
  const widths = strict ? cutOff(fitted, width) : fitted;
  const line = (pieces: readonly string[]): string =>
    // A column that was cut off has not even a gap before it.
    pieces
      .filter((_, at) => at === 0 || widths[at] !== 0)
      .join(gap)
      .trimEnd();
  const header = line(
    shown.map(({ column }, at) => pad(column.title.slice(0, widths[at] ?? 0), widths[at] ?? 0, column.align)),
  );
  const body = rows.map((row, rowAt) =>
    line(
      shown.map(({ column, cells: own }, at) => {
        const text = pad(cutInside(own[rowAt] ?? "", widths[at] ?? 0), widths[at] ?? 0, column.align);
        return column.paint?.(row, text) ?? text;
      }),
    ),
  );
  return [header, ...body];
}

function shownOf<Row>(column: Column<Row>, rows: readonly Row[]): Shown<Row> {
  const cells = rows.map((row) => column.text(row));
  return { column, cells, width: Math.max(column.title.length, ...cells.map((text) => text.length)) };
}

/** Columns leave until those that shrink are still readable in what is left. */
function withoutSpare<Row>(shown: readonly Shown<Row>[], width: number): readonly Shown<Row>[] {
  const needs = shown.map(({ column, width: own }) =>
    column.shrinks === true ? Math.min(own, readableWidth) : own,
  );
  const sparest = Math.max(0, ...shown.map(({ column }) => column.spare ?? 0));
  if (sparest === 0 || sum(needs) + gap.length * (shown.length - 1) <= width) return shown;
  return withoutSpare(
    shown.filter(({ column }) => (column.spare ?? 0) < sparest),
    width,
  );
}

/** As much of each as there is room for. */
function cutOff(widths: readonly number[], width: number): number[] {
  let room = width;
  return widths.map((own) => {
    const cut = Math.max(0, Math.min(own, room));
    room -= own + gap.length;
    return cut;
  });
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
export function cutInside(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width < 1) return "";
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
