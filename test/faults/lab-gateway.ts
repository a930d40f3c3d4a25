import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { postControl, readControl } from "../../src/demo/cluster/control-client.ts";
import { GatewayProcess } from "../../src/demo/cluster/gateway-process.ts";
import { TableWatch } from "../../src/demo/cluster/table-watch.ts";
import type { ControllersReply, StoreReply } from "../../src/protocol/discovery.ts";
import type { TokenReply } from "../../src/protocol/join-token.ts";
import type { ClusterEvent } from "../../src/protocol/events.ts";
import type { LabHost } from "./lab/host.ts";

export const gatewayPort = 8080;

/** A gateway on a host of the laboratory, and what its controller says: over its unix socket, past every fault. */
export class LabGateway {
  readonly host: LabHost;
  readonly process: GatewayProcess;
  readonly #directory: string;
  #watch: TableWatch | undefined;

  /** `env`: of its processes, besides this process's own. */
  constructor(
    host: LabHost,
    directory: string,
    configuration: Record<string, unknown>,
    env: Record<string, string> = {},
  ) {
    this.host = host;
    this.#directory = join(directory, host.name);
    mkdirSync(this.#directory);
    const config = join(this.#directory, "skein.config.json");
    const state = join(this.#directory, "state");
    const own = { listen: `0.0.0.0:${gatewayPort}`, control: "127.0.0.1:7600", state };
    writeFileSync(config, JSON.stringify({ ...own, proxies: 1, controllers: 1, ...configuration }));
    this.process = new GatewayProcess({
      directory: this.#directory,
      config,
      state,
      launcher: host.launcher,
      env,
    });
  }

  start(): void {
    this.process.start();
    this.#watch = new TableWatch(this.process.places);
  }

  stop(): void {
    this.#watch?.close();
    this.process.killAll();
  }

  /** Its routing tables, as its proxies are told of them. */
  get tables(): TableWatch {
    if (this.#watch === undefined) throw new Error(`lab: the gateway of ${this.host.name} was not started`);
    return this.#watch;
  }

  /** As its controller sees it; undefined while that does not answer. */
  async leads(): Promise<boolean | undefined> {
    const reply = (await this.#read("/v1/controllers").catch(() => undefined)) as
      | ControllersReply
      | undefined;
    return reply?.controllers.some(({ self, role }) => self && role === "leader");
  }

  async store(): Promise<StoreReply> {
    return (await this.#read("/v1/store")) as StoreReply;
  }

  async events(): Promise<ClusterEvent[]> {
    const reply = await this.#read("/v1/events?after=0&limit=1000");
    return (reply as { events: ClusterEvent[] }).events;
  }

  /** As its operator: what is to become of a worker. */
  async order(worker: string, verb: "drain" | "undrain"): Promise<void> {
    await this.#post(`/v1/workers/${encodeURIComponent(worker)}/${verb}`);
  }

  /** As its operator: who is right, where the store is another one than before. */
  async decideStore(word: "adopt" | "republish"): Promise<void> {
    await this.#post(`/v1/store/${word}`);
  }

  /** A new one, for workers. */
  async joinToken(): Promise<string> {
    return (JSON.parse(await this.#post("/v1/tokens", { scope: "worker" })) as TokenReply).token;
  }

  /** A heartbeat of a worker, which is told to this gateway alone. */
  async beat(heartbeat: { service: string; id: string; address: string }): Promise<void> {
    await this.#post("/v1/heartbeat", heartbeat);
  }

  async term(): Promise<number> {
    return ((await this.#read("/v1/controllers")) as ControllersReply).term;
  }

  #read(path: string): Promise<unknown> {
    return readControl(this.process.places.controllerSocket("controller-1"), path);
  }

  #post(path: string, body?: object): Promise<string> {
    const { places } = this.process;
    const token = readFileSync(places.tokenFile, "utf8").trim();
    return postControl(places.controllerSocket("controller-1"), path, token, body);
  }
}
