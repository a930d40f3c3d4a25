import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fleet } from "../../src/demo/cluster/fleet.ts";
import { eventually } from "../../src/demo/wait.ts";
import { LabDisk } from "./lab/disk.ts";
import type { LabHost } from "./lab/host.ts";
import { LabNetwork } from "./lab/network.ts";
import { gatewayPort, LabGateway } from "./lab-gateway.ts";
import type { Destination, Site } from "./site.ts";

const workerPort = 8081;
const diskMegabytes = 64;

export interface OneHostOptions {
  workers: number;
  /** How long an order takes. Default: the worker's. */
  workMs?: number;
  /** Of each worker. Default: no limit. */
  maxInFlight?: number;
}

/** One gateway with its store in a file, on a small disk of its own; plain workers and a client elsewhere. */
export class OneHost implements Site {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-host-"));
  readonly network = new LabNetwork(["gateway", "workers", "client"]);
  readonly disk: LabDisk;
  readonly fleet: Fleet;
  readonly gateway: LabGateway;

  static async start(options: OneHostOptions): Promise<OneHost> {
    const site = new OneHost(options);
    try {
      await site.fleet.startAll();
      site.gateway.start();
      await site.whole(60_000);
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  private constructor({ workers, workMs, maxInFlight }: OneHostOptions) {
    mkdirSync(this.ledgers);
    this.disk = new LabDisk(join(this.directory, "disk"), diskMegabytes);
    const { address, launcher } = this.network.host("workers");
    const ports = Array.from({ length: workers }, (_, place) => workerPort + place);
    this.fleet = new Fleet({
      kind: "plain",
      ports,
      hosts: ports.map(() => ({ address, launcher })),
      control: [],
      ledgerDirectory: this.ledgers,
      logDirectory: this.directory,
      ...(workMs === undefined ? {} : { workMs }),
    });
    const limit = maxInFlight === undefined ? {} : { maxInFlight };
    this.gateway = new LabGateway(this.network.host("gateway"), this.disk.path, {
      services: { orders: { workers: this.fleet.ids, check: { http: "/healthz" }, ...limit } },
      routes: { "/": "orders" },
    });
  }

  get ledgers(): string {
    return join(this.directory, "ledgers");
  }

  get client(): LabHost {
    return this.network.host("client");
  }

  get destinations(): Destination[] {
    const { host } = this.gateway;
    return [{ name: host.name, to: { host: host.address, port: gatewayPort } }];
  }

  async whole(withinMs: number): Promise<void> {
    const { ids } = this.fleet;
    const whole = await eventually(
      async () => ((await this.gateway.leads()) === true && this.gateway.tables.allLive(ids, 1)) || undefined,
      { withinMs },
    );
    if (whole === undefined) throw new Error(`lab: not whole within ${withinMs / 1000} s`);
  }

  heal(): void {
    for (const host of this.network.hosts) host.heal();
    this.disk.clear();
  }

  async stop(): Promise<void> {
    this.gateway.stop();
    await this.fleet.stop();
    this.network.close();
    this.disk.remove();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

export const openOneHost = (): Promise<OneHost> => OneHost.start({ workers: 3 });
