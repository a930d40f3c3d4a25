import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fleet } from "../../src/demo/cluster/fleet.ts";
import type { WorkerKind } from "../../src/demo/cluster/worker-process.ts";
import { eventually } from "../../src/demo/wait.ts";
import { EtcdCluster } from "../etcd/etcd-cluster.ts";
import type { LabHost } from "./lab/host.ts";
import { labAddresses, LabNetwork } from "./lab/network.ts";
import { gatewayPort, LabGateway } from "./lab-gateway.ts";
import { WallClocks } from "./lab/wall-clocks.ts";
import type { Destination, Site } from "./site.ts";

const etcdHosts = ["etcd-1", "etcd-2", "etcd-3"];
const gatewayHosts = ["gateway-a", "gateway-b"];
const workerHosts = ["worker-1", "worker-2", "worker-3"];
export const workerPort = 8081;
const linkPort = 8082;
const controlPort = 7600;
const startsWithinMs = 60_000;

export interface LabClusterOptions {
  /** Their wall clocks can be moved. Each reading of a clock then costs more. */
  movableClocks?: boolean;
  /**
   * `plain` (the default): configured, with an HTTP check; each gateway judges them by itself. `sdk`: they join by
   * themselves, hold a session with each gateway, and get their requests over links.
   */
  workers?: WorkerKind;
}

/** A cluster over nine hosts: three of etcd, two gateways, three workers, one client. */
export class LabCluster implements Site {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-lab-"));
  readonly network: LabNetwork;
  readonly fleet: Fleet;
  readonly etcd: EtcdCluster;
  readonly gateways: readonly LabGateway[];

  /** Of each gateway by its host's name, and of all workers together as `workers`. */
  readonly clocks: WallClocks;

  static async start(options: LabClusterOptions = {}): Promise<LabCluster> {
    const network = new LabNetwork([...etcdHosts, ...gatewayHosts, ...workerHosts, "client"]);
    try {
      const etcd = await EtcdCluster.start({ hosts: etcdHosts.map((name) => network.host(name)) });
      const cluster = new LabCluster(network, etcd, options);
      await cluster.#begin().catch(async (error: unknown) => {
        await cluster.stop();
        throw error;
      });
      return cluster;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  private constructor(
    network: LabNetwork,
    etcd: EtcdCluster,
    { movableClocks = false, workers = "plain" }: LabClusterOptions,
  ) {
    this.network = network;
    this.etcd = etcd;
    mkdirSync(this.ledgers);
    this.clocks = new WallClocks(join(this.directory, "clocks"));
    const envOf = (name: string): Record<string, string> => (movableClocks ? this.clocks.envOf(name) : {});
    const hosts = this.workers;
    this.fleet = new Fleet({
      kind: workers,
      ports: hosts.map(() => workerPort),
      hosts: [...hosts],
      control: gatewayHosts.map((name) => `http://${controlOf(network.host(name))}`),
      ledgerDirectory: this.ledgers,
      logDirectory: this.directory,
      env: { ...envOf("workers"), SKEIN_JOIN_TOKEN_FILE: this.#tokenFile, SKEIN_LINK_PORT: String(linkPort) },
    });
    const plain = { workers: this.fleet.ids, check: { http: "/healthz" } };
    const configuration = {
      store: `etcd://${etcd.endpoints.join(",")}`,
      services: { orders: workers === "plain" ? plain : {} },
      routes: { "/": "orders" },
      registration: { allow: [labAddresses] },
    };
    this.gateways = gatewayHosts.map((name) => {
      const host = network.host(name);
      const control = workers === "sdk" ? { control: controlOf(host), insecurePlainControl: true } : {};
      return new LabGateway(host, this.directory, { ...configuration, ...control }, envOf(name));
    });
  }

  get #tokenFile(): string {
    return join(this.directory, "join-token");
  }

  get ledgers(): string {
    return join(this.directory, "ledgers");
  }

  get client(): LabHost {
    return this.network.host("client");
  }

  get workers(): LabHost[] {
    return workerHosts.map((name) => this.network.host(name));
  }

  get etcdHosts(): LabHost[] {
    return etcdHosts.map((name) => this.network.host(name));
  }

  /** Each gateway by itself, by plain connections: nothing is repeated by the client, so what a fault does is seen. */
  get destinations(): Destination[] {
    return this.gateways.map(({ host }) => ({
      name: host.name,
      to: { host: host.address, port: gatewayPort },
    }));
  }

  /** The gateway whose controller leads, and the other one. Throws when it is not exactly one. */
  async leader(): Promise<{ leader: LabGateway; standby: LabGateway }> {
    const leads = await Promise.all(this.gateways.map((gateway) => gateway.leads()));
    const leader = this.gateways[leads.indexOf(true)];
    const standby = this.gateways[leads.indexOf(false)];
    if (leader !== undefined && standby !== undefined) return { leader, standby };
    throw new Error(`lab: who leads: ${leads.join(", ")}`);
  }

  /** Every worker is live in every table, and exactly one controller leads; what is missing, else undefined. */
  async missing(): Promise<string | undefined> {
    const leads = await Promise.all(this.gateways.map((gateway) => gateway.leads()));
    const count = (role: boolean): number => leads.filter((one) => one === role).length;
    if (count(true) !== 1 || count(false) !== leads.length - 1) return `who leads: ${leads.join(", ")}`;
    for (const { tables, host } of this.gateways) {
      if (!tables.allLive(this.fleet.ids, 1))
        return `${host.name} has ${JSON.stringify(this.fleet.ids.map((id) => tables.statesOf(id)))}`;
    }
    return undefined;
  }

  async whole(withinMs: number): Promise<void> {
    let missing: string | undefined = "no look yet";
    const whole = await eventually(async () => (missing = await this.missing()) === undefined || undefined, {
      withinMs,
    });
    if (whole === undefined) throw new Error(`lab: not whole within ${withinMs / 1000} s: ${missing}`);
  }

  heal(): void {
    for (const host of this.network.hosts) host.heal();
  }

  async stop(): Promise<void> {
    for (const gateway of this.gateways) gateway.stop();
    await this.fleet.stop();
    await this.etcd.end();
    this.network.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #begin(): Promise<void> {
    for (const gateway of this.gateways) gateway.start();
    if (this.fleet.kind === "sdk") await this.#letIn();
    await this.fleet.startAll();
    await this.whole(startsWithinMs);
  }

  /** Workers that join from other hosts need a token. */
  async #letIn(): Promise<void> {
    const token = await eventually(() => this.gateways[0]?.joinToken().catch(() => undefined), {
      withinMs: startsWithinMs,
    });
    if (token === undefined) throw new Error("lab: no join token was made");
    writeFileSync(this.#tokenFile, token, { mode: 0o600 });
  }
}

export const openCluster = (): Promise<LabCluster> => LabCluster.start();
export const openClusterOfJoiners = (): Promise<LabCluster> => LabCluster.start({ workers: "sdk" });
export const openClusterWithClocks = (): Promise<LabCluster> => LabCluster.start({ movableClocks: true });

function controlOf({ address }: LabHost): string {
  return `${address}:${controlPort}`;
}
