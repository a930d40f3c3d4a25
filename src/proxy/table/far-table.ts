import { isLoopbackHost, parseAddress } from "../../core/registry/address.ts";
import type { Reception } from "../../protocol/configuration.ts";
import { receptionsHere } from "../../protocol/files-here.ts";
import type { TableFrame, TableWorker } from "../../protocol/routing-table.ts";

/**
 * A frame of a controller of another host, as it holds here: a loopback address means another place there, and what clients
 * find at this host's own listeners is said by this host's configuration, and so are the digests of its certificates.
 */
export function frameHere(frame: TableFrame, receptions: Record<string, Reception>): TableFrame {
  switch (frame.kind) {
    case "full": {
      const { table } = frame;
      const all = { ...table.proxy.receptions, ...receptions };
      const proxy = { ...table.proxy, receptions: receptionsHere(all, receptions) };
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
