import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fleet } from "../../src/demo/cluster/fleet.ts";
import { Crowd } from "../../src/demo/scale/crowd.ts";
import { openFilesHardLimit } from "../../src/demo/scale/process-cpu.ts";
import { eventually } from "../../src/demo/wait.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { EtcdCluster } from "../etcd/etcd-cluster.ts";
import { writesOf } from "./lab/etcd-word.ts";
import type { LabHost } from "./lab/host.ts";
import { LabNetwork } from "./lab/network.ts";
import { gatewayPort, LabGateway } from "./lab-gateway.ts";
import type { Destination, Site } from "./site.ts";

const crowdSize = 10_000;
const crowdProcesses = 2;
const atOnce = 1_000_000;
/** A controller holds a session of each worker, and needs some files besides. */
const sparedFiles = 1_500;
const controllers = 2;
const joinsWithinMs = 120_000;
const workerPorts = [8081, 8082, 8083];

/** What a crowd's joining took. */
export interface Joining {
  tookMs: number;
  /** Of etcd. */
  writes: number;
}

/**
 * A gateway with two controllers and the store in etcd, three workers that serve, and a crowd of workers with sessions
 * that only join: on the gateway's host, where no token is needed.
 */
export class CrowdSite implements Site {
  readonly crowdSize = crowdSize;
  readonly directory = mkdtempSync(join(tmpdir(), "skein-crowd-"));
  readonly network: LabNetwork;
  readonly fleet: Fleet;
  readonly etcd: EtcdCluster;
  readonly gateway: LabGateway;
  readonly crowd: Crowd;
  #joining: Joining | undefined;

  static async start(): Promise<CrowdSite> {
    const files = openFilesHardLimit();
    if (files < crowdSize + sparedFiles)
      throw new Error(`lab: ulimit -Hn is ${files}: too few for ${crowdSize} workers`);
    const network = new LabNetwork(["etcd", "gateway", "workers", "client"]);
    try {
      const etcd = await EtcdCluster.start({ hosts: [network.host("etcd")] });
      const site = new CrowdSite(network, etcd);
      await site.#begin().catch(async (error: unknown) => {
        await site.stop();
        throw error;
      });
      return site;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  private constructor(network: LabNetwork, etcd: EtcdCluster) {
    this.network = network;
    this.etcd = etcd;
    mkdirSync(this.ledgers);
    const { address, launcher } = network.host("workers");
    this.fleet = new Fleet({
      kind: "plain",
      ports: workerPorts,
      hosts: workerPorts.map(() => ({ address, launcher })),
      control: [],
      ledgerDirectory: this.ledgers,
      logDirectory: this.directory,
    });
    this.gateway = new LabGateway(network.host("gateway"), this.directory, {
      store: `etcd://${etcd.endpoints.join(",")}`,
      controllers,
      registration: { workers: 2 * crowdSize },
      services: { orders: { workers: this.fleet.ids, check: { http: "/healthz" } }, crowd: {} },
      routes: { "/": "orders" },
    });
    // In life it has hosts of its own: it must not take the time of those that it wants to join.
    this.crowd = new Crowd(crowdProcesses, [...network.host("gateway").launcher, "nice", "-n", "10"]);
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

  /** Transactions of etcd that wrote something, besides what each controller writes each second, crowd or none. */
  writes(): number {
    const { all, beats } = writesOf(this.network.host("etcd"));
    return all - beats;
  }

  /** Told once. */
  takeJoining(): Joining | undefined {
    const joining = this.#joining;
    this.#joining = undefined;
    return joining;
  }

  /** Workers that are live in the table of the controller that has the fewest; 0 while one is missing. */
  get live(): number {
    const { tables } = this.gateway;
    if (tables.controllers.length < controllers) return 0;
    return Math.min(...tables.controllers.map((name) => tables.liveIn(name)));
  }

  async whole(withinMs: number): Promise<void> {
    const wanted = crowdSize + workerPorts.length;
    const whole = await eventually(() => this.live >= wanted || undefined, { withinMs, everyMs: 20 });
    if (whole === undefined) throw new Error(`lab: ${this.live} of ${wanted} are live`);
  }

  heal(): void {
    for (const host of this.network.hosts) host.heal();
  }

  async stop(): Promise<void> {
    this.crowd.close();
    this.gateway.stop();
    await this.fleet.stop();
    await this.etcd.end();
    this.network.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #begin(): Promise<void> {
    await this.fleet.startAll();
    this.gateway.start();
    const ready = await eventually(() => this.live >= workerPorts.length || undefined, { withinMs: 60_000 });
    if (ready === undefined) throw new Error("lab: the gateway did not start");
    const beganAt = systemClock.now();
    const before = this.writes();
    this.crowd.join(crowdSize, { perSecond: atOnce, seeds: ["http://127.0.0.1:7600"] });
    await this.whole(joinsWithinMs);
    this.#joining = { tookMs: systemClock.now() - beganAt, writes: this.writes() - before };
  }
}

export const openCrowdSite = (): Promise<CrowdSite> => CrowdSite.start();
