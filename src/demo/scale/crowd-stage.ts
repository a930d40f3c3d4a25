import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayStatus } from "../../protocol/supervision.ts";
import { freePorts } from "../cluster/free-port.ts";
import { GatewayProcess } from "../cluster/gateway-process.ts";
import { TableWatch } from "../cluster/table-watch.ts";
import { eventually } from "../wait.ts";

/** A gateway for a crowd of workers: two controllers, one proxy, no client. */
export class CrowdStage {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-scale-"));
  readonly controllers = 2;
  readonly controlPort: number;
  readonly #listenPort: number;
  #gateway: GatewayProcess;
  #watch: TableWatch | undefined;
  #lives = 0;
  readonly #onExit = (): void => this.#gateway.killAll();

  static async open(): Promise<CrowdStage> {
    const [listenPort = 0, controlPort = 0] = await freePorts(2);
    return new CrowdStage(listenPort, controlPort);
  }

  private constructor(listenPort: number, controlPort: number) {
    this.#listenPort = listenPort;
    this.controlPort = controlPort;
    this.#gateway = this.#newGateway();
    process.on("exit", this.#onExit);
  }

  get watch(): TableWatch {
    if (this.#watch === undefined) throw new Error("scale: the gateway was not started");
    return this.#watch;
  }

  get gateway(): GatewayProcess {
    return this.#gateway;
  }

  async start(): Promise<GatewayStatus> {
    this.#gateway.start();
    this.#watch = new TableWatch(this.#gateway.places);
    const status = await eventually(
      async () => {
        const status = await this.#gateway.status();
        const ready = status.children.filter(
          (child) => child.role === "controller" && child.state === "ready",
        );
        return ready.length === this.controllers ? status : undefined;
      },
      { withinMs: 30_000 },
    );
    if (status === undefined)
      throw new Error(`scale: no gateway after 30 s; see gateway.log in ${this.directory}`);
    return status;
  }

  /** Ends every process of the gateway at once and starts all anew with an empty state directory. */
  async startAnew(): Promise<void> {
    this.watch.close();
    await this.#gateway.status();
    this.#gateway.killAll();
    await this.#gateway.stop(0);
    this.#gateway = this.#newGateway();
    await this.start();
  }

  /** Waits until the tables of all controllers hold this many live workers; gives when, if it came so far. */
  async holds(workers: number, withinMs: number): Promise<boolean> {
    return (await eventually(() => this.live >= workers || undefined, { withinMs, everyMs: 20 })) === true;
  }

  /** Live workers in the table of the controller that has the fewest. */
  get live(): number {
    const names = this.watch.controllers;
    if (names.length < this.controllers) return 0;
    return Math.min(...names.map((name) => this.watch.liveIn(name)));
  }

  async stop(options: { keep?: boolean } = {}): Promise<void> {
    this.#watch?.close();
    await this.#gateway.stop();
    process.off("exit", this.#onExit);
    if (options.keep !== true) rmSync(this.directory, { recursive: true, force: true });
  }

  #newGateway(): GatewayProcess {
    this.#lives += 1;
    const state = join(this.directory, `state-${this.#lives}`);
    const config = join(this.directory, `skein-${this.#lives}.json`);
    const configuration = {
      listen: `127.0.0.1:${this.#listenPort}`,
      control: `127.0.0.1:${this.controlPort}`,
      state,
      proxies: 1,
      controllers: this.controllers,
      services: { crowd: {} },
      routes: { "/": "crowd" },
      registration: { workers: 20_000 },
    };
    writeFileSync(config, JSON.stringify(configuration));
    return new GatewayProcess({ directory: this.directory, config, state });
  }
}
