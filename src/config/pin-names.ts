import { isIP } from "node:net";
import type { GatewayConfiguration, Service, StaticWorker } from "../protocol/configuration.ts";
import { formatAddress } from "./address.ts";
import type { Issues } from "./issues.ts";

/** Gives the address of a host name; throws when there is none. */
export type Lookup = (name: string) => Promise<string>;

/**
 * Puts addresses in place of names: a worker's name is resolved once, when the configuration is read, and never
 * again behind anybody's back. The id keeps the name.
 */
export async function pinNames(
  configuration: GatewayConfiguration,
  lookup: Lookup,
  issues: Issues,
): Promise<GatewayConfiguration> {
  const services: Record<string, Service> = {};
  for (const [name, service] of Object.entries(configuration.traffic.services)) {
    const workers = await Promise.all(
      service.workers.map((worker, at) =>
        pinWorker(worker, lookup, (message) => issues.add(["services", name, "workers", at], message)),
      ),
    );
    services[name] = { ...service, workers };
  }
  return { ...configuration, traffic: { ...configuration.traffic, services } };
}

async function pinWorker(
  worker: StaticWorker,
  lookup: Lookup,
  refuse: (message: string) => void,
): Promise<StaticWorker> {
  const colon = worker.address.lastIndexOf(":");
  const host = worker.address.slice(0, colon);
  if (host.startsWith("[") || isIP(host) !== 0) return worker;
  const port = Number(worker.address.slice(colon + 1));
  if (host.toLowerCase() === "localhost")
    return { ...worker, address: formatAddress({ host: "127.0.0.1", port }) };
  try {
    return { ...worker, address: formatAddress({ host: await lookup(host), port }) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    refuse(`the host "${host}" cannot be resolved (${code}); write an IP address, or correct the name`);
    return worker;
  }
}
