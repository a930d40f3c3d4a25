import type { RoutingTable, TableFrame, TableWorker, WorkerKey } from "../protocol/routing-table.ts";

/**
 * A whole table for a reader that takes at most `rowsMax` routes and workers in one frame: what it does with one frame
 * must not take long, for it has other things to do between two of them.
 */
export function framesOfTable(table: RoutingTable, rowsMax: number): TableFrame[] {
  const { routes, workers } = table;
  const rows = Math.max(routes.length, workers.length);
  if (rows <= rowsMax) return [{ kind: "full", table }];
  const frames: TableFrame[] = [];
  for (let from = 0; from < rows; from += rowsMax) {
    const to = from + rowsMax;
    const part = { routes: routes.slice(from, to), workers: workers.slice(from, to) };
    const more = to < rows;
    if (from === 0) frames.push({ kind: "full", table: { ...table, ...part }, more });
    else frames.push({ kind: "more", ...part, more });
  }
  return frames;
}

/** Changes of workers, at most `rowsMax` in each of the list. */
export function partsOfChanges(
  upserts: readonly TableWorker[],
  removals: readonly WorkerKey[],
  rowsMax: number,
): { upserts: TableWorker[]; removals: WorkerKey[] }[] {
  const parts = [];
  const rows = Math.max(upserts.length, removals.length, 1);
  for (let from = 0; from < rows; from += rowsMax) {
    const to = from + rowsMax;
    parts.push({ upserts: upserts.slice(from, to), removals: removals.slice(from, to) });
  }
  return parts;
}
