import type { Route, Service, TrafficConfiguration } from "../protocol/configuration.ts";
import type { RoutingTable, TableFrame, TableWorker, TableWorkerState } from "../protocol/routing-table.ts";
import { sameLabels } from "../core/balancing/subsets.ts";
import type { Worker } from "../core/registry/worker.ts";
import { routeToOnlyService, unconfiguredService } from "./defaults.ts";

/**
 * A worker as the proxies are told of it; undefined: not in the table. Who never passed its first check is left out,
 * so that a fresh controller's table takes no worker from a proxy that knows it as live.
 */
export function tableWorkerOf(
  worker: Worker,
  weight: number | undefined,
  now: number,
): TableWorker | undefined {
  const state = tableStateOf(worker);
  if (state === undefined) return undefined;
  const { registration } = worker;
  return {
    service: registration.service,
    id: registration.id,
    address: registration.address,
    generation: registration.generation,
    state,
    weight: weight ?? registration.weight,
    liveForMs: state.kind === "live" ? Math.max(0, Math.round(now - worker.stateSince)) : 0,
    session: worker.sdk,
    ...(registration.maxInFlight === undefined ? {} : { maxInFlight: registration.maxInFlight }),
    ...(registration.keepAliveMs === undefined ? {} : { keepAliveMs: registration.keepAliveMs }),
    ...(registration.zone === undefined ? {} : { zone: registration.zone }),
    ...(registration.backup === undefined ? {} : { backup: registration.backup }),
    ...(registration.version === undefined ? {} : { version: registration.version }),
    ...(registration.tags.length === 0 ? {} : { tags: [...registration.tags] }),
    ...(Object.keys(registration.metadata).length === 0 ? {} : { metadata: { ...registration.metadata } }),
    ...(registration.link === undefined ? {} : { link: registration.link }),
    ...(registration.serverName === undefined ? {} : { serverName: registration.serverName }),
  };
}

function tableStateOf(worker: Worker): TableWorkerState | undefined {
  const { state } = worker;
  if (state.kind === "left" || state.kind === "dead" || !worker.admitted) return undefined;
  return state;
}

/** Equal but for the age. */
export function sameTableWorker(one: TableWorker | undefined, other: TableWorker | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    sameTableState(one.state, other.state) &&
    one.address === other.address &&
    one.generation === other.generation &&
    one.weight === other.weight &&
    one.session === other.session &&
    one.maxInFlight === other.maxInFlight &&
    one.keepAliveMs === other.keepAliveMs &&
    one.backup === other.backup &&
    sameLabels(one, other) &&
    one.link?.port === other.link?.port &&
    one.link?.key === other.link?.key &&
    one.link?.sealed === other.link?.sealed &&
    one.serverName === other.serverName
  );
}

/** As readers see it who may open no links. */
export function tableWithoutLinks(table: RoutingTable): RoutingTable {
  return { ...table, workers: table.workers.map(withoutLink) };
}

export function frameWithoutLinks(frame: TableFrame): TableFrame {
  switch (frame.kind) {
    case "full":
      return { ...frame, table: tableWithoutLinks(frame.table) };
    case "more":
      return { ...frame, workers: frame.workers.map(withoutLink) };
    case "delta":
      return { ...frame, upserts: frame.upserts.map(withoutLink) };
    case "alive":
      return frame;
  }
}

function withoutLink(worker: TableWorker): TableWorker {
  const { link: _secret, ...shown } = worker;
  return shown;
}

function sameTableState(one: TableWorkerState, other: TableWorkerState): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind !== "suspect" || other.kind !== "suspect") return true;
  return one.cause === other.cause && one.strength === other.strength;
}

export interface Frame {
  routes: Route[];
  services: Record<string, Service>;
}

/** Routes and services of a table: the configured ones, and those whose workers joined by themselves. */
export function frameOf(traffic: TrafficConfiguration, joined: Iterable<string>): Frame {
  const services: Record<string, Service> = Object.assign(Object.create(null), traffic.services);
  for (const name of joined) services[name] ??= unconfiguredService(name);
  const names = Object.keys(services);
  const only = names.length === 1 ? names[0] : undefined;
  const routes =
    traffic.routes.length === 0 && only !== undefined ? [routeToOnlyService(only)] : traffic.routes;
  return { routes, services };
}
