import type { DiscoveredWorker, WorkersFrame } from "../protocol/discovery.ts";
import type { TableFrame, TableWorker } from "../protocol/routing-table.ts";

/** What a frame of the routing table says to the clients of one service; undefined: nothing. */
export function workersFrameOf(frame: TableFrame, service: string): WorkersFrame | undefined {
  const ours = (worker: { service: string }): boolean => worker.service === service;
  switch (frame.kind) {
    case "full": {
      const { settled, services, workers } = frame.table;
      const known = Object.hasOwn(services, service) ? services[service] : undefined;
      const secure = known?.tls !== undefined;
      return { kind: "full", v: 1, service, settled, secure, workers: workers.filter(ours).map(discovered) };
    }
    case "delta": {
      const upserts = frame.upserts.filter(ours).map(discovered);
      const removals = frame.removals.filter(ours).map(({ id }) => id);
      return { kind: "delta", settled: frame.settled, upserts, removals };
    }
    case "alive":
      return { kind: "alive" };
    case "more":
      // A part of a table that was cut for its reader: those who listen in this process get none.
      return undefined;
  }
}

/** Names what is shown: a link's key is for the proxies alone. */
function discovered(worker: TableWorker): DiscoveredWorker {
  const { id, address, state, weight, backup, zone, version, serverName } = worker;
  return {
    id,
    address,
    state: state.kind,
    ...(state.kind === "suspect" ? { strength: state.strength } : {}),
    weight,
    ...(backup === true ? { backup } : {}),
    ...(zone === undefined ? {} : { zone }),
    ...(version === undefined ? {} : { version }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}
