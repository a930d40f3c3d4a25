/** Of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

/** Lines besides the workers': two of traffic, a blank one, the titles, the last line. */
const otherLines = 5;

/** As many workers as a page shows. */
export function pageRows({ rows }: Size): number {
  return Math.max(1, rows - otherLines);
}
