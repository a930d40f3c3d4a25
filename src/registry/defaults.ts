import type { Route, Service } from "../protocol/configuration.ts";

/** A service that nobody configured: its workers joined by themselves. */
export function unconfiguredService(name: string): Service {
  return {
    name,
    workers: [],
    check: { kind: "tcp", everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 },
    policy: "least-wait",
    slowStartMs: 10_000,
    queue: { max: 1_000, waitMs: 3_000 },
    drainMs: 30_000,
  };
}

/** Without routes in the configuration, the only service there is gets everything. */
export function routeToOnlyService(service: string): Route {
  return {
    name: "/",
    match: { hosts: [], path: { kind: "prefix", path: "/" }, methods: [], headers: [], query: [] },
    to: [{ service, weight: 1 }],
    headTimeoutMs: 30_000,
    upgrades: [],
    allowEncodedSlash: false,
    retry: true,
  };
}
