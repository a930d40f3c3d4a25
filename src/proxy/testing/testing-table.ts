import type { ProxySettings, Route, Service } from "../../protocol/configuration.ts";
import type { RoutingTable, TableWorker } from "../../protocol/routing-table.ts";
import { initialRules } from "../table/initial-rules.ts";

/** Building blocks of routing tables for tests of the data plane. */
export function testRoute(overrides: Partial<Route> = {}): Route {
  return {
    name: "/",
    match: { hosts: [], path: { kind: "prefix", path: "/" }, methods: [], headers: [], query: [] },
    to: [{ service: "web", weight: 1 }],
    headTimeoutMs: 30_000,
    upgrades: [],
    allowEncodedSlash: false,
    retry: true,
    ...overrides,
  };
}

export function testService(overrides: Partial<Service> = {}): Service {
  return {
    name: "web",
    workers: [],
    check: { kind: "none" },
    policy: "least-wait",
    slowStartMs: 0,
    queue: { max: 1_000, waitMs: 3_000 },
    drainMs: 30_000,
    ...overrides,
  };
}

export function testWorkerRow(port: number, overrides: Partial<TableWorker> = {}): TableWorker {
  return {
    service: "web",
    id: `w-${port}`,
    address: `127.0.0.1:${port}`,
    generation: 1,
    state: { kind: "live" },
    weight: 1,
    liveForMs: 60_000,
    session: false,
    ...overrides,
  };
}

export interface TestTableParts {
  routes?: Route[];
  services?: Service[];
  workers?: TableWorker[];
  limits?: Partial<ProxySettings["limits"]>;
  timeouts?: Partial<ProxySettings["timeouts"]>;
  proxy?: Partial<ProxySettings>;
  table?: Partial<RoutingTable>;
}

export function testTable(parts: TestTableParts): RoutingTable {
  const { settings } = initialRules;
  const services = parts.services ?? [testService()];
  return {
    v: 1,
    controller: "test",
    sequence: 1,
    term: 1,
    revision: 1,
    settled: true,
    routes: parts.routes ?? [testRoute()],
    services: Object.fromEntries(services.map((service) => [service.name, service])),
    proxy: {
      ...settings,
      ...parts.proxy,
      limits: { ...settings.limits, ...parts.limits },
      timeouts: { ...settings.timeouts, ...parts.timeouts },
    },
    workers: parts.workers ?? [],
    ...parts.table,
  };
}
