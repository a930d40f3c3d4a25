import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fleet } from "../../../src/demo/cluster/fleet.ts";
import { GatewayProcess } from "../../../src/demo/cluster/gateway-process.ts";
import { eventually } from "../../../src/demo/wait.ts";
import type { LabHost } from "../lab/host.ts";
import { LabNetwork } from "../lab/network.ts";
import type { Destination, Site } from "../site.ts";
import { Keepalived } from "./keepalived.ts";

const gatewayPort = 8080;
const workerPort = 8081;

/** A host that may hold the address: its gateway, and its keepalived. */
export interface Holder {
  host: LabHost;
  gateway: GatewayProcess;
  keepalived: Keepalived;
}

export const openVirtualIp = (): Promise<VirtualIpStage> => VirtualIpStage.start();

/** Two gateways on hosts of their own share a virtual IP; two workers, and clients, are elsewhere. */
export class VirtualIpStage implements Site {
  readonly virtualIp = "10.77.0.100";
  readonly directory = mkdtempSync(join(tmpdir(), "skein-vip-"));
  readonly network = new LabNetwork(["one", "other", "workers", "client"]);
  readonly fleet: Fleet;
  readonly holders: readonly Holder[];

  /** Resolves when one holder has the address, and either could. */
  static async start(): Promise<VirtualIpStage> {
    const stage = new VirtualIpStage();
    try {
      await stage.#begin();
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  private constructor() {
    chmodSync(this.directory, 0o755);
    mkdirSync(this.ledgers);
    const { address, launcher } = this.network.host("workers");
    this.fleet = new Fleet({
      kind: "plain",
      ports: [workerPort, workerPort + 1],
      hosts: [0, 1].map(() => ({ address, launcher })),
      control: [],
      ledgerDirectory: this.ledgers,
      logDirectory: this.directory,
    });
    this.holders = [this.#holder("one", "other"), this.#holder("other", "one")];
  }

  get ledgers(): string {
    return join(this.directory, "ledgers");
  }

  get client(): LabHost {
    return this.network.host("client");
  }

  get destinations(): Destination[] {
    const gateways = this.holders.map(({ host }) => `${host.address}:${gatewayPort}`);
    return [
      { name: "address", to: { host: this.virtualIp, port: gatewayPort }, mayLose: true },
      { name: "client", to: { client: { gateways } } },
    ];
  }

  async whole(): Promise<void> {
    await this.untilHeld(() => true);
    for (const holder of this.holders) await this.untilReady(holder);
  }

  heal(): void {
    for (const host of this.network.hosts) host.heal();
  }

  /** Who has the address; undefined while it is nobody, or both. */
  get holder(): Holder | undefined {
    const found = this.holders.filter(({ host }) => host.has(this.virtualIp));
    return found.length === 1 ? found[0] : undefined;
  }

  async untilHeld(by: (holder: Holder) => boolean): Promise<Holder> {
    const found = await eventually(() => (this.holder && by(this.holder) ? this.holder : undefined), {
      withinMs: 30_000,
    });
    if (found === undefined)
      throw new Error(`lab: the address did not come to whom it should:\n${this.log()}`);
    return found;
  }

  /** Resolves when this holder would get the address, were the other one gone. */
  async untilReady({ host, keepalived }: Holder): Promise<void> {
    const ready = await eventually(() => keepalived.ready || undefined, { withinMs: 30_000 });
    if (ready === undefined)
      throw new Error(`lab: the gateway of ${host.name} does not serve:\n${this.log()}`);
  }

  log(): string {
    return [...this.holders.map(({ keepalived }) => keepalived.logFile), join(this.directory, "gateway.log")]
      .map((file) => `${file}\n${readFileSync(file, "utf8").slice(-2000)}`)
      .join("\n");
  }

  async stop(): Promise<void> {
    for (const { gateway } of this.holders) gateway.killAll();
    await this.fleet.stop();
    this.network.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #begin(): Promise<void> {
    await this.fleet.startAll();
    for (const { gateway, keepalived } of this.holders) {
      gateway.start();
      keepalived.start();
    }
    await this.whole();
  }

  #holder(name: string, peer: string): Holder {
    const host = this.network.host(name);
    const state = join(this.directory, `state-${name}`);
    const config = join(this.directory, `${name}.config.json`);
    const configuration = {
      listen: `0.0.0.0:${gatewayPort}`,
      control: "127.0.0.1:7600",
      state,
      proxies: 1,
      controllers: 1,
      services: { orders: { workers: this.fleet.ids, check: { http: "/healthz" } } },
      routes: { "/": "orders" },
    };
    writeFileSync(config, JSON.stringify(configuration));
    const keepalived = new Keepalived({
      host,
      directory: join(this.directory, `keepalived-${name}`),
      virtualIp: `${this.virtualIp}/24`,
      peers: [this.network.host(peer).address],
      gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    });
    const { launcher } = host;
    return {
      host,
      keepalived,
      gateway: new GatewayProcess({ directory: this.directory, config, state, launcher }),
    };
  }
}
