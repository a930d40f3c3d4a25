import { isLoopbackAddress } from "../core/registry/address.ts";
import type { TableFrame, TableWorker } from "./routing-table.ts";

/** A frame as it holds on another host than the controller's: a loopback address means another place there. */
export function frameElsewhere(frame: TableFrame): TableFrame {
  switch (frame.kind) {
    case "full":
      return { ...frame, table: { ...frame.table, workers: frame.table.workers.filter(isReachable) } };
    case "more":
      return { ...frame, workers: frame.workers.filter(isReachable) };
    case "delta": {
      // It may have been known by another address before.
      const lost = frame.upserts.filter((worker) => !isReachable(worker));
      const removals = [...frame.removals, ...lost.map(({ service, id }) => ({ service, id }))];
      return { ...frame, upserts: frame.upserts.filter(isReachable), removals };
    }
    case "alive":
      return frame;
  }
}

function isReachable({ address }: TableWorker): boolean {
  return !isLoopbackAddress(address);
}
