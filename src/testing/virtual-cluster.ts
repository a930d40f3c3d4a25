import { proxyDefaults } from "../config/defaults.ts";
import type { SentConfiguration } from "../controller/configuration-writer.ts";
import { MemoryPeerHub } from "../peers/memory-transport.ts";
import type { TrafficConfiguration } from "../protocol/configuration.ts";
import { type Random, seededRandom } from "../runtime/random.ts";
import { MemoryStoreContent } from "../store/memory.ts";
import { type TakenWrite, VirtualController } from "./virtual-controller.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { type Outcome, VirtualProxy } from "./virtual-proxy.ts";
import { VirtualTime } from "./virtual-time.ts";
import { VirtualWorker } from "./virtual-worker.ts";

export interface VirtualClusterOptions {
  /** The same seed gives the same run, to the microsecond. Default 1. */
  seed?: number;
  /** Default 2. */
  controllers?: number;
  /** Default 2. */
  proxies?: number;
  /** Workers of the service `web` at the start. Default 3. */
  workers?: number;
  /** Each proxy gets a request so often. Default 25. */
  requestEveryMs?: number;
}

/** What happened that somebody may want to judge. */
export interface ClusterObserver {
  wrote(write: TakenWrite): void;
  picked(proxy: VirtualProxy, worker: string): void;
  ended(proxy: VirtualProxy, outcome: Outcome): void;
}

/** How long after its end the supervisor has noticed a controller's exit. */
const exitNoticedMs = 5;

/**
 * A whole gateway with its workers in one process and in virtual time: the product's own controllers (election,
 * registry, peers, sessions), SDK memberships and proxy rules, over a network and a store in memory.
 *
 * ```ts
 * const cluster = new VirtualCluster({ seed: 7, workers: 3 });
 * await cluster.start();
 * cluster.leader()?.kill();
 * await cluster.time.run(300);
 * ```
 */
export class VirtualCluster {
  readonly seed: number;
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly network: VirtualNetwork;
  readonly store = new MemoryStoreContent();
  readonly hub: MemoryPeerHub;
  readonly controllers = new Map<string, VirtualController>();
  readonly proxies: VirtualProxy[] = [];
  readonly workers = new Map<string, VirtualWorker>();
  /** Errors that the product's own code reported. */
  readonly failures: unknown[] = [];
  readonly #observers = new Set<ClusterObserver>();
  readonly #options: Required<VirtualClusterOptions>;
  #lives = 0;

  constructor(options: VirtualClusterOptions = {}) {
    this.#options = { seed: 1, controllers: 2, proxies: 2, workers: 3, requestEveryMs: 25, ...options };
    this.seed = this.#options.seed;
    this.random = seededRandom(this.seed);
    this.network = new VirtualNetwork(this.time, this.random);
    this.hub = new MemoryPeerHub({
      carry: (from, to, arrive) => {
        const process = this.controllers.get(to)?.process;
        this.network.carry(from, to, () => process?.deliver(arrive));
      },
      reachable: () => true,
    });
  }

  /** Starts everything, and lets it settle. */
  async start(): Promise<void> {
    const { controllers, proxies, workers } = this.#options;
    for (let number = 1; number <= controllers; number += 1) {
      await this.startController(`controller-${number}`);
    }
    for (let number = 1; number <= workers; number += 1) this.startWorker(`w${number}`);
    for (let number = 1; number <= proxies; number += 1) this.#startProxy(`proxy-${number}`);
    await this.time.run(settleMs);
  }

  observe(observer: ClusterObserver): void {
    this.#observers.add(observer);
  }

  /** A new life of the controller `name`. */
  async startController(name: string): Promise<VirtualController> {
    const controller = new VirtualController({
      name,
      instance: this.#newInstance(name),
      network: this.network,
      hub: this.hub,
      store: this.store,
      random: this.random,
      configuration,
      onWrite: (write) => this.#observers.forEach((observer) => observer.wrote(write)),
      onFailure: (error) => this.failures.push(error),
    });
    this.controllers.set(name, controller);
    await controller.start();
    return controller;
  }

  /** kill -9; `reported`: the supervisor tells the others. */
  killController(name: string, reported = true): void {
    const killed = this.controllers.get(name);
    if (killed === undefined) return;
    killed.kill();
    if (!reported) return;
    this.time.at(this.time.nowMs + exitNoticedMs, () => {
      for (const other of this.controllers.values()) {
        if (other === killed) continue;
        other.process.deliver(() => other.controller.election.holderExited(killed.instance));
      }
    });
  }

  /** A new life of the worker `id`, at the same address as every life of it. */
  startWorker(id: string): VirtualWorker {
    const worker = new VirtualWorker({
      service,
      id,
      port: 10_000 + Number(id.replace(/\D/g, "")),
      instance: this.#newInstance(id),
      network: this.network,
      random: this.random,
      seeds: [...this.controllers.keys()].map((name) => `http://${name}`),
      answerMs: 2,
    });
    this.workers.set(id, worker);
    return worker;
  }

  /** Who leads, if it runs. */
  leader(): VirtualController | undefined {
    return this.leaders()[0];
  }

  /** Every running controller that would write now. Never more than one. */
  leaders(): VirtualController[] {
    return [...this.controllers.values()].filter(({ running, controller }) => running && controller.leads);
  }

  #startProxy(name: string): void {
    const proxy = new VirtualProxy({
      name,
      service,
      network: this.network,
      random: this.random,
      controllers: () => this.#reachable(),
      requestEveryMs: this.#options.requestEveryMs,
      onPick: (proxy, worker) => this.#observers.forEach((observer) => observer.picked(proxy, worker)),
      onOutcome: (proxy, outcome) => this.#observers.forEach((observer) => observer.ended(proxy, outcome)),
    });
    this.proxies.push(proxy);
  }

  /** Sockets that lie in the directory: a dead controller's too. */
  #reachable(): string[] {
    return [...this.controllers.keys()];
  }

  #newInstance(name: string): string {
    this.#lives += 1;
    return `${name}-life-${this.#lives}`;
  }
}

const service = "web";
/** A fresh controller without a settled peer settles after the usual lease and a margin. */
const settleMs = 5_000;

const traffic: TrafficConfiguration = {
  services: {},
  routes: [],
  proxy: proxyDefaults,
  registration: { allow: [], workersMax: 10_000, metadataBytesMax: 4096 },
};

const configuration: SentConfiguration = { traffic, digest: "virtual" };
