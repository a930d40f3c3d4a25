/** In the order of what `by` says; whoever it is unknown of comes last, whichever way the order goes. */
export function sortedBy<Row>(
  rows: readonly Row[],
  by: ((row: Row) => number | string | undefined) | undefined,
  down: boolean,
): readonly Row[] {
  if (by === undefined) return rows;
  const sign = down ? -1 : 1;
  return rows
    .map((row) => ({ row, value: by(row) }))
    .sort(({ value: one }, { value: other }) => {
      if (one === undefined || other === undefined)
        return Number(one === undefined) - Number(other === undefined);
      return sign * (one < other ? -1 : one > other ? 1 : 0);
    })
    .map(({ row }) => row);
}
