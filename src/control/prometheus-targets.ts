import { formatAddress, isLoopbackAddress, parseAddress } from "../core/registry/address.ts";
import type { WorkerView } from "../protocol/discovery.ts";
import type { Caller } from "./caller.ts";

/** As `http_sd_configs` reads it. */
export interface ScrapeTarget {
  targets: [string];
  labels: Record<string, string>;
}

/** A controller, and of which gateway it is. */
export interface ScrapedController {
  name: string;
  gateway: string;
  url: string;
}

/**
 * Every controller with what is its own, and every gateway once, at its first controller, with what all of them tell
 * alike. `instance` is the gateway's name: when another controller answers for it, the series go on.
 */
export function gatewayTargets(controllers: readonly ScrapedController[]): ScrapeTarget[] {
  const sorted = controllers.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const gateways = new Set<string>();
  const targets: ScrapeTarget[] = [];
  for (const { name, gateway, url } of sorted) {
    if (!URL.canParse(url)) continue;
    const { protocol, host } = new URL(url);
    const target = (part: "controller" | "gateway", instance: string): ScrapeTarget => ({
      targets: [host],
      labels: {
        __scheme__: protocol.slice(0, -1),
        __metrics_path__: "/metrics",
        __param_part: part,
        instance,
        gateway,
        role: part,
      },
    });
    if (!gateways.has(gateway)) targets.push(target("gateway", gateway));
    gateways.add(gateway);
    targets.push(target("controller", name));
  }
  return targets;
}

const pathForm = /^\/[\w\-.~/%]{0,200}$/;

/**
 * The workers that say in their metadata where their own metrics are: `metrics-port` (default: the port of their
 * requests), `metrics-path` (default /metrics); with neither a worker is not scraped. The host is that of its address, which
 * was judged when it joined: metadata points nowhere else. A `caller` on another host is told no loopback addresses, which mean
 * another place there.
 */
export function workerTargets(
  workers: readonly WorkerView[],
  caller: Pick<Caller, "loopback">,
): ScrapeTarget[] {
  return workers.flatMap((worker) => {
    if (!caller.loopback && isLoopbackAddress(worker.address)) return [];
    const { service, id, state, metadata, version, zone } = worker;
    const metricsPort = metadata["metrics-port"];
    const metricsPath = metadata["metrics-path"];
    if (metricsPort === undefined && metricsPath === undefined) return [];
    const address = parseAddress(worker.address);
    const at =
      address && placeOf(address.host, metricsPort ?? String(address.port), metricsPath ?? "/metrics");
    if (at === undefined || state === "dead" || state === "left") return [];
    const labels = {
      __metrics_path__: at.path,
      instance: `${service}/${id}`,
      service,
      worker: id,
      ...(version === undefined ? {} : { version }),
      ...(zone === undefined ? {} : { zone }),
    };
    return [{ targets: [at.address], labels }];
  });
}

function placeOf(host: string, port: string, path: string): { address: string; path: string } | undefined {
  if (!/^\d{1,5}$/.test(port) || !pathForm.test(path)) return undefined;
  const address = formatAddress({ host, port: Number(port) });
  return parseAddress(address) === undefined ? undefined : { address, path };
}
