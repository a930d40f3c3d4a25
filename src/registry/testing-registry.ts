import { formatAddress } from "../core/registry/address.ts";
import type { Service, TrafficConfiguration } from "../protocol/configuration.ts";
import type { PeerItem } from "../protocol/peer.ts";
import type { RoutingTable, TableFrame, TableWorker } from "../protocol/routing-table.ts";
import { seededRandom } from "../runtime/random.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import type { Claimant } from "./claim.ts";
import { unconfiguredService } from "./defaults.ts";
import type { SessionEnd } from "./entry.ts";
import type { Announcement } from "./announcer.ts";
import { Registry } from "./registry.ts";

/** What an address does when it is asked. */
export type Behaviour = "answers" | "refuses" | "silent" | "stopped";

/** A registry in virtual time, whose network is a table of addresses. */
export class TestRegistry {
  readonly time: VirtualTime;
  readonly process: VirtualProcess;
  readonly registry: Registry;
  readonly told: PeerItem[] = [];
  readonly announced: Announcement[] = [];
  /** By host:port; every other address answers. */
  readonly behaviours = new Map<string, Behaviour>();
  probes = 0;

  constructor(name = "a", time = new VirtualTime()) {
    this.time = time;
    this.process = new VirtualProcess(time);
    this.registry = new Registry({
      controller: name,
      clock: this.process.clock,
      beginnings: this.process.clock,
      random: seededRandom(1),
      prober: async (address, question) => {
        this.probes += 1;
        const behaviour = this.behaviours.get(formatAddress(address)) ?? "answers";
        if (behaviour === "refuses") return { kind: "refused" };
        if (behaviour === "silent") return { kind: "silent" };
        if (question.kind === "connect") return { kind: "connected" };
        return behaviour === "stopped" ? { kind: "silent" } : { kind: "answered", status: 200 };
      },
      tell: (item) => this.told.push(item),
      announce: (announcement) => this.announced.push(announcement),
    });
    this.registry.start();
  }

  configure(services: Service[] = [], revision = 1): this {
    this.registry.configure({ revision, traffic: trafficOf(services) });
    return this;
  }

  heartbeat(id: string, more: Partial<Claimant> = {}): void {
    this.registry.heartbeat({ ...claimant(id), ...more }, {}, "here");
  }

  /** `id=state` of every worker, in order. */
  states(): string {
    return this.registry
      .views()
      .map((view) => `${view.id}=${view.cause ?? view.state}`)
      .sort()
      .join(" ");
  }

  events(): string[] {
    return this.announced.map(({ kind, worker }) => (worker === undefined ? kind : `${kind} ${worker}`));
  }
}

export function claimant(id: string): Claimant {
  // One port per id, the same in every test: w1 is 127.0.0.1:8001.
  const port = 8_000 + Number(id.replace(/\D/g, ""));
  return { service: "web", id, address: `127.0.0.1:${port}`, weight: 1, tags: [], metadata: {} };
}

export class TestEnd implements SessionEnd {
  pings = 0;

  ping(): void {
    this.pings += 1;
  }

  readonly heard: string[] = [];

  desired(desired: "serve" | "drain"): void {
    this.heard.push(desired);
  }

  pace(heartbeatEveryMs: number, ttlMs: number): void {
    this.heard.push(`pace ${heartbeatEveryMs} ${ttlMs}`);
  }

  close(code: string, _detail: string, final: boolean): void {
    this.heard.push(`close ${code}${final ? " final" : ""}`);
  }
}

export function serviceWith(name: string, ports: number[], check?: Service["check"]): Service {
  const workers = ports.map((port) => ({ id: `s${port}`, address: `127.0.0.1:${port}`, weight: 1 }));
  return { ...unconfiguredService(name), workers, ...(check === undefined ? {} : { check }) };
}

export function trafficOf(services: Service[]): TrafficConfiguration {
  return {
    services: Object.fromEntries(services.map((service) => [service.name, service])),
    routes: [],
    // Passed on as they are: nothing here reads them.
    proxy: { trustedProxies: [] } as unknown as TrafficConfiguration["proxy"],
    registration: { allow: [], workersMax: 1_000, metadataBytesMax: 4_096 },
  };
}

/** What a proxy makes of the frames of one stream. Throws when a frame does not fit the last one. */
export class TestReader {
  readonly opensLinks: boolean;

  constructor(opensLinks = true) {
    this.opensLinks = opensLinks;
  }

  readonly frames: TableFrame[] = [];
  table: RoutingTable | undefined;
  readonly #workers = new Map<string, TableWorker>();

  frame(line: string): void {
    const frame = JSON.parse(line) as TableFrame;
    this.frames.push(frame);
    if (frame.kind === "full") {
      this.table = frame.table;
      this.#workers.clear();
      for (const worker of frame.table.workers) this.#workers.set(`${worker.service}/${worker.id}`, worker);
    } else if (frame.kind === "delta") this.#delta(frame);
  }

  /** By `service/id`. */
  worker(key: string): TableWorker | undefined {
    return this.#workers.get(key);
  }

  /** `service/id=state`, in order. */
  states(): string {
    return [...this.#workers]
      .map(([key, { state }]) => `${key}=${state.kind === "suspect" ? state.cause : state.kind}`)
      .sort()
      .join(" ");
  }

  #delta(frame: Extract<TableFrame, { kind: "delta" }>): void {
    const { table } = this;
    if (table === undefined || frame.sequence !== table.sequence + 1) {
      throw new Error(`delta ${frame.sequence} after ${table?.sequence ?? "nothing"}`);
    }
    this.table = { ...table, sequence: frame.sequence, term: frame.term, settled: frame.settled };
    for (const { service, id } of frame.removals) this.#workers.delete(`${service}/${id}`);
    for (const worker of frame.upserts) this.#workers.set(`${worker.service}/${worker.id}`, worker);
  }
}
