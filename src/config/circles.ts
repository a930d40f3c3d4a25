import { isLoopbackHost, parseAddress } from "../core/registry/address.ts";
import type { ListenAddress, Service } from "../protocol/configuration.ts";
import type { Issues } from "./issues.ts";

/** A worker at one of the gateway's own addresses would send its requests round in circles. */
export function refuseCircles(
  services: Readonly<Record<string, Service>>,
  own: readonly ListenAddress[],
  issues: Issues,
): void {
  for (const { name, workers } of Object.values(services)) {
    for (const { address } of workers) {
      if (!own.some((listener) => isAt(listener, address))) continue;
      issues.add(
        ["services", name],
        `the worker ${address} is an address of the gateway itself: requests would go round in circles`,
        [["listen"], ["control"], ["join"]],
      );
    }
  }
}

function isAt({ host, port }: ListenAddress, address: string): boolean {
  const worker = parseAddress(address);
  if (worker === undefined || worker.port !== port) return false;
  if (host === "0.0.0.0" || host === "::") return isLoopbackHost(worker.host);
  return host === worker.host || (worker.host === "localhost" && isLoopbackHost(host));
}
