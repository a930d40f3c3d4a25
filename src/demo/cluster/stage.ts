import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayStatus } from "../../protocol/supervision.ts";
import { eventually } from "../wait.ts";
import { EventWatch } from "./event-watch.ts";
import { Fleet } from "./fleet.ts";
import { freePort, freePorts, isOpen } from "./free-port.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { TableWatch } from "./table-watch.ts";
import type { WorkerKind } from "./worker-process.ts";

export interface StageOptions {
  kind: WorkerKind;
  workers?: number;
  proxies?: number;
  controllers?: number;
  /** Ports wished for; the next free ones are taken. Default: any. */
  listenPort?: number;
  controlPort?: number;
  /** Hints in the gateway's own answers. */
  hints?: boolean;
}

/** A whole cluster of real processes in a temporary directory: gateway, workers, ledgers, and a watch on its tables. */
export class Stage {
  readonly directory: string;
  readonly listenPort: number;
  readonly controlPort: number;
  readonly proxies: number;
  readonly controllers: number;
  readonly gateway: GatewayProcess;
  readonly fleet: Fleet;
  readonly accessLog: string;
  #watch: TableWatch | undefined;
  #events: EventWatch | undefined;
  #reloads = 0;
  readonly #onExit = (): void => this.#killAll();

  static async open(options: StageOptions): Promise<Stage> {
    const [anyListen = 0, anyControl = 0, ...ports] = await freePorts(2 + (options.workers ?? 3));
    const listenPort = options.listenPort === undefined ? anyListen : await freePort(options.listenPort);
    const controlPort = options.controlPort === undefined ? anyControl : await freePort(options.controlPort);
    return new Stage(options, listenPort, controlPort, ports);
  }

  private constructor(options: StageOptions, listenPort: number, controlPort: number, ports: number[]) {
    this.directory = mkdtempSync(join(tmpdir(), "skein-demo-"));
    this.listenPort = listenPort;
    this.controlPort = controlPort;
    this.proxies = options.proxies ?? 2;
    this.controllers = options.controllers ?? 2;
    this.accessLog = join(this.directory, "access.log");
    mkdirSync(this.ledgerDirectory);
    this.fleet = new Fleet({
      kind: options.kind,
      ledgerDirectory: this.ledgerDirectory,
      logDirectory: this.directory,
      ports,
      control: [`127.0.0.1:${controlPort}`],
    });
    this.writeConfiguration();
    this.gateway = new GatewayProcess({
      directory: this.directory,
      config: this.#configFile,
      state: join(this.directory, "state"),
      hints: options.hints ?? false,
    });
    process.on("exit", this.#onExit);
  }

  get ledgerDirectory(): string {
    return join(this.directory, "ledgers");
  }

  get watch(): TableWatch {
    if (this.#watch === undefined) throw new Error("demo: the cluster was not started");
    return this.#watch;
  }

  get events(): EventWatch {
    if (this.#events === undefined) throw new Error("demo: the cluster was not started");
    return this.#events;
  }

  /** Resolves when every worker is live in the table of every controller and every process is ready. */
  async start(withinMs = 15_000): Promise<void> {
    this.#startGateway();
    // The supervisor binds the door long before a controller accepts: a worker that knocks then is let in at once,
    // one that knocked before would wait out its backoff.
    await eventually(() => isOpen(this.controlPort), { withinMs });
    await this.fleet.startAll();
    await this.ready(withinMs);
  }

  /** The gateway alone: resolves when its processes are ready. No worker is started. */
  async startGateway(withinMs = 15_000): Promise<void> {
    this.#startGateway();
    const status = await eventually(async () => await this.#gatewayWhole(), { withinMs });
    if (status === undefined) throw new Error(`demo: the gateway is not ready: ${await this.describe()}`);
  }

  /** Throws, with what is missing, when the cluster is not whole within the time. */
  async ready(withinMs: number): Promise<GatewayStatus> {
    const whole = await eventually(async () => await this.whole(), { withinMs });
    if (whole !== undefined) return whole;
    throw new Error(`demo: the cluster is not whole after ${withinMs / 1000} s: ${await this.describe()}`);
  }

  /** The status, when nothing is missing. */
  async whole(): Promise<GatewayStatus | undefined> {
    if (!this.watch.allLive(this.fleet.ids, this.controllers)) return undefined;
    return await this.#gatewayWhole();
  }

  async #gatewayWhole(): Promise<GatewayStatus | undefined> {
    const status = await this.gateway.status();
    const ready = status.children.filter((child) => child.state === "ready");
    const proxies = ready.filter((child) => child.role === "proxy").length;
    const controllers = ready.filter((child) => child.role === "controller");
    const led = controllers.filter((child) => child.leader).length === 1;
    return proxies === this.proxies && controllers.length === this.controllers && led ? status : undefined;
  }

  /** What is there, in a line. */
  async describe(): Promise<string> {
    const workers = this.fleet.ids.map((id) => {
      const states = this.watch
        .statesOf(id)
        .map((state) =>
          state === undefined ? "absent" : state.kind === "suspect" ? state.cause : state.kind,
        );
      return `${id} ${states.join("/") || "in no table"}`;
    });
    const children = await this.gateway.status().then(
      (status) =>
        status.children.map((child) => `${child.name} ${child.state}${child.leader ? " (leads)" : ""}`),
      (error: unknown) => [String(error)],
    );
    return `${[...children, ...workers].join(", ")}; logs in ${this.directory}`;
  }

  /** Writes the configuration; each time with another route, so that a reload has something to do. */
  writeConfiguration(): void {
    this.#reloads += 1;
    const plain = this.fleet.kind === "plain";
    const workers = plain ? { workers: this.fleet.ids, check: { http: "/healthz" } } : {};
    const configuration = {
      listen: `127.0.0.1:${this.listenPort}`,
      control: `127.0.0.1:${this.controlPort}`,
      state: join(this.directory, "state"),
      proxies: this.proxies,
      controllers: this.controllers,
      services: { orders: workers },
      routes: { [`/reloaded-${this.#reloads}/*`]: "orders", "/": "orders" },
      accessLog: this.accessLog,
    };
    writeFileSync(this.#configFile, `${JSON.stringify(configuration, null, 2)}\n`);
  }

  /** Ends everything and removes the directory, unless `keep`. No process is left. */
  async stop(options: { keep?: boolean } = {}): Promise<void> {
    this.#watch?.close();
    this.#events?.close();
    await this.gateway.stop();
    await this.fleet.stop();
    process.off("exit", this.#onExit);
    if (options.keep !== true) rmSync(this.directory, { recursive: true, force: true });
  }

  #startGateway(): void {
    this.gateway.start();
    this.#watch = new TableWatch(this.gateway.places);
    this.#events = new EventWatch(this.gateway.places);
  }

  get #configFile(): string {
    return join(this.directory, "skein.config.json");
  }

  /** The end of this process came before `stop`. */
  #killAll(): void {
    this.gateway.killAll();
    this.fleet.killAll();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
