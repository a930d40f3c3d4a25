import type { Reception } from "../../protocol/configuration.ts";
import { receptionsHere } from "../../protocol/files-here.ts";
import type { TableFrame } from "../../protocol/routing-table.ts";
import { frameElsewhere } from "../../protocol/table-elsewhere.ts";

/**
 * A frame of a controller of another host, as it holds here: what clients find at this host's own listeners is said by this
 * host's configuration, and so are the digests of its certificates.
 */
export function frameHere(sent: TableFrame, receptions: Record<string, Reception>): TableFrame {
  const frame = frameElsewhere(sent);
  if (frame.kind !== "full") return frame;
  const { table } = frame;
  const all = { ...table.proxy.receptions, ...receptions };
  const proxy = { ...table.proxy, receptions: receptionsHere(all, receptions) };
  return { ...frame, table: { ...table, proxy } };
}
