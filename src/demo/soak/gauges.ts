import { readControlText } from "../cluster/control-client.ts";
import { controllerSockets } from "../cluster/controller-streams.ts";
import type { Places } from "../../runtime/places.ts";

/** What a process of the gateway says of itself. */
export interface OwnGauges {
  heapBytes?: number;
  /** Of proxies: client connections, requests, and deadlines. */
  connections?: number;
  inFlight?: number;
  deadlines?: number;
  /** Sent over links since its start. */
  linkRequests?: number;
}

const named: Record<string, keyof OwnGauges> = {
  skein_proxy_heap_bytes: "heapBytes",
  skein_proxy_connections_open: "connections",
  skein_requests_in_flight: "inFlight",
  skein_proxy_deadlines: "deadlines",
  skein_link_requests_total: "linkRequests",
};

/** Of each proxy by its name, from a controller's metrics. What comes once for each service is added up. */
export function proxyGaugesIn(metrics: string): Map<string, OwnGauges> {
  const gauges = new Map<string, OwnGauges>();
  for (const line of metrics.split("\n")) {
    const found = /^(\w+)\{proxy="([\w-]+)"[^}]*\} (\S+)$/.exec(line);
    const key = named[found?.[1] ?? ""];
    if (found === null || key === undefined) continue;
    const proxy = found[2] ?? "";
    const own = gauges.get(proxy) ?? {};
    gauges.set(proxy, { ...own, [key]: (own[key] ?? 0) + Number(found[3]) });
  }
  return gauges;
}

/** Of each process that can tell, by its name. A controller that does not answer tells nothing. */
export async function readGauges(places: Places): Promise<Map<string, OwnGauges>> {
  const gauges = new Map<string, OwnGauges>();
  for (const name of controllerSockets(places.run)) {
    const metrics = await readControlText(places.controllerSocket(name), "/metrics").catch(() => undefined);
    if (metrics === undefined) continue;
    const heap = /^skein_heap_bytes (\S+)$/m.exec(metrics)?.[1];
    if (heap !== undefined) gauges.set(name, { heapBytes: Number(heap) });
    // Proxies report to one controller, which passes it on: the newest word counts for them, whoever has it.
    for (const [proxy, own] of proxyGaugesIn(metrics)) gauges.set(proxy, own);
  }
  return gauges;
}
