import { isLoopbackHost, parseAddress } from "../../core/registry/address.ts";
import type { Reception } from "../../protocol/configuration.ts";
import type { TableFrame, TableWorker } from "../../protocol/routing-table.ts";

/**
 * A frame of a controller of another host, as it holds here: a loopback address means another place there, and what clients
 * find at this host's own listeners is said by this host's configuration.
 */
export function frameHere(frame: TableFrame, receptions: Record<string, Reception>): TableFrame {
  switch (frame.kind) {
    case "full": {
      const { table } = frame;
      const proxy = { ...table.proxy, receptions: { ...table.proxy.receptions, ...receptions } };
      return { ...frame, table: { ...table, proxy, workers: table.workers.filter(isReachable) } };
    }
    case "more":
      return { ...frame, workers: frame.workers.filter(isReachable) };
    case "delta":
      return { ...frame, upserts: frame.upserts.filter(isReachable) };
    case "alive":
      return frame;
  }
}

function isReachable({ address }: TableWorker): boolean {
  return !isLoopbackHost(parseAddress(address)?.host ?? "");
}
