import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { GatewayStatus } from "../../protocol/supervision.ts";
import { entryFile } from "../../runtime/entry.ts";
import { Fleet } from "../cluster/fleet.ts";
import { freePorts, isOpen } from "../cluster/free-port.ts";
import { GatewayProcess } from "../cluster/gateway-process.ts";
import { TableWatch } from "../cluster/table-watch.ts";
import { eventually } from "../wait.ts";

export interface SoakStageOptions {
  /** Of each kind. */
  workers: number;
  proxies: number;
  /** Times after which clients are given up; shorter than the product's, so that a soak sees many of them. */
  stalledClientMs: number;
  idleClientMs: number;
  /** Every process collects its garbage every few seconds: for who looks at what they hold. */
  collects: boolean;
}

export const soakStageDefaults: SoakStageOptions = {
  workers: 3,
  proxies: 2,
  stalledClientMs: 5_000,
  idleClientMs: 8_000,
  collects: false,
};

function collectingOften(): Record<string, string> {
  const loaded = `--import=${pathToFileURL(entryFile("demo/soak/collect-often")).href}`;
  return { NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${loaded}`.trim() };
}

/** A gateway before two services of the same kind of work: workers that join, and plain ones that know nothing of it. */
export class SoakStage {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-soak-"));
  readonly listenPort: number;
  readonly joined: Fleet;
  readonly plain: Fleet;
  readonly gateway: GatewayProcess;
  readonly options: SoakStageOptions;
  readonly #controlPort: number;
  readonly #controllers = 2;
  #watch: TableWatch | undefined;
  #reloads = 0;
  readonly #onExit = (): void => this.#killAll();

  static async open(options: SoakStageOptions): Promise<SoakStage> {
    return new SoakStage(options, await freePorts(2 + 2 * options.workers));
  }

  private constructor(options: SoakStageOptions, ports: number[]) {
    const [listenPort = 0, controlPort = 0, ...workerPorts] = ports;
    this.options = options;
    this.listenPort = listenPort;
    this.#controlPort = controlPort;
    mkdirSync(this.ledgerDirectory);
    const env = options.collects ? collectingOften() : {};
    const common = {
      env,
      ledgerDirectory: this.ledgerDirectory,
      logDirectory: this.directory,
      control: [`127.0.0.1:${controlPort}`],
      program: "demo/soak/soak-worker-main",
    };
    const { workers } = options;
    this.joined = new Fleet({
      ...common,
      kind: "sdk",
      service: "joined",
      ports: workerPorts.slice(0, workers),
    });
    this.plain = new Fleet({ ...common, kind: "plain", service: "plain", ports: workerPorts.slice(workers) });
    this.#configure();
    const state = join(this.directory, "state");
    this.gateway = new GatewayProcess({ directory: this.directory, config: this.#configFile, state, env });
    process.on("exit", this.#onExit);
  }

  get ledgerDirectory(): string {
    return join(this.directory, "ledgers");
  }

  get fleets(): Fleet[] {
    return [this.joined, this.plain];
  }

  async start(withinMs = 30_000): Promise<void> {
    this.gateway.start();
    this.#watch = new TableWatch(this.gateway.places);
    await eventually(() => isOpen(this.#controlPort), { withinMs });
    await Promise.all(this.fleets.map(async (fleet) => await fleet.startAll()));
    if ((await this.whole(withinMs)) === undefined)
      throw new Error(`soak: the cluster is not whole after ${withinMs / 1000} s; logs in ${this.directory}`);
  }

  /** The gateway's status when nothing is missing; undefined: something was for all that time. */
  async whole(withinMs: number): Promise<GatewayStatus | undefined> {
    return await eventually(async () => await this.#wholeNow(), { withinMs });
  }

  async #wholeNow(): Promise<GatewayStatus | undefined> {
    const ids = this.fleets.flatMap((fleet) => fleet.ids);
    if (this.#watch?.allLive(ids, this.#controllers) !== true) return undefined;
    const status = await this.gateway.status();
    const ready = (role: string): number =>
      status.children.filter((child) => child.role === role && child.state === "ready").length;
    const complete = ready("proxy") === this.options.proxies && ready("controller") === this.#controllers;
    return complete ? status : undefined;
  }

  /** With another route each time, so that it has something to do. */
  async reload(): Promise<void> {
    this.#configure();
    await this.gateway.reload();
  }

  async stop(options: { keep?: boolean } = {}): Promise<void> {
    this.#watch?.close();
    await this.gateway.stop();
    await Promise.all(this.fleets.map(async (fleet) => await fleet.stop()));
    process.off("exit", this.#onExit);
    if (options.keep !== true) rmSync(this.directory, { recursive: true, force: true });
  }

  #configure(): void {
    this.#reloads += 1;
    const { proxies, stalledClientMs, idleClientMs } = this.options;
    const configuration = {
      listen: `127.0.0.1:${this.listenPort}`,
      control: `127.0.0.1:${this.#controlPort}`,
      state: join(this.directory, "state"),
      proxies,
      controllers: this.#controllers,
      services: { joined: {}, plain: { workers: this.plain.ids, check: { http: "/healthz" } } },
      routes: {
        [`/reloaded-${this.#reloads}/*`]: "joined",
        "/joined/*": "joined",
        "/plain/*": "plain",
        "/": { to: { joined: 1, plain: 1 } },
      },
      timeouts: { stalledClient: stalledClientMs, idleClient: idleClientMs },
      // What is kept of requests of a rare cause would fill slowly, for half an hour and longer: it is to be full before it is judged.
      requests: { keep: 10 },
      accessLog: join(this.directory, "access.log"),
    };
    writeFileSync(this.#configFile, `${JSON.stringify(configuration, null, 2)}\n`);
  }

  get #configFile(): string {
    return join(this.directory, "skein.config.json");
  }

  /** The end of this process came before `stop`. */
  #killAll(): void {
    this.gateway.killAll();
    for (const fleet of this.fleets) fleet.killAll();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
