export interface Column {
  title: string;
  align: "left" | "right";
}

/** Lines of a table: columns as wide as their widest cell, one blank between them, no blanks at the ends of lines. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(" ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

/** `7ms`, `1.23s`: at most six characters up to a quarter of an hour. */
export function shortMs(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return "-";
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  return ms < 99_950 ? `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)}s` : `${Math.round(ms / 1000)}s`;
}
