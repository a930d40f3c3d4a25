import { afterNews, doubtOf, type KnownWorkers } from "../../core/client/known-workers.ts";
import type { DiscoveredWorker, WorkersFrame } from "../../protocol/discovery.ts";
import { Endpoint, type EndpointRules } from "./endpoint.ts";

/** Makes endpoints of what a discovery stream tells; a worker's stays the same while its address does. */
export class FoundWorkers {
  readonly #tls: EndpointRules["tls"];
  #known: KnownWorkers<DiscoveredWorker> = { workers: new Map(), told: new Map() };
  #endpoints = new Map<string, Endpoint>();
  #secure = false;

  constructor(tls: EndpointRules["tls"]) {
    this.#tls = tls;
  }

  /** The endpoints after this frame; undefined: as before. */
  take(frame: WorkersFrame): Endpoint[] | undefined {
    if (frame.kind === "alive") return undefined;
    if (frame.kind === "full") this.#secure = frame.secure;
    this.#known = afterNews(this.#known, frame);
    const next = new Map<string, Endpoint>();
    for (const worker of this.#known.workers.values()) {
      const doubt = doubtOf(worker);
      if (doubt === undefined) continue;
      const key = `${this.#secure} ${worker.id} ${worker.address}`;
      const endpoint = this.#endpoints.get(key) ?? this.#endpointOf(worker);
      endpoint.doubt = doubt;
      endpoint.weight = worker.weight;
      endpoint.backup = worker.backup === true;
      next.set(key, endpoint);
    }
    this.#endpoints = next;
    return [...next.values()];
  }

  #endpointOf({ address, serverName }: DiscoveredWorker): Endpoint {
    const { hostname, port } = new URL(`http://${address}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    const place = { host, port: Number(port || 80), secure: this.#secure, serverName };
    return new Endpoint(place, { kind: "worker", tls: this.#tls });
  }
}
