import type { Launcher } from "./launcher.ts";
import { WorkerProcess, type WorkerKind } from "./worker-process.ts";

export interface FleetOptions {
  kind: WorkerKind;
  ledgerDirectory: string;
  logDirectory: string;
  /** One for each worker: plain workers keep their port over their lives, for the configuration names it. */
  ports: number[];
  /** Where each stands. Default: all on this host. */
  hosts?: { address: string; launcher: Launcher }[];
  /** Addresses of the control API, for workers that join. */
  control: string[];
  /** That they join, and by which their ids begin. Default: orders. */
  service?: string;
  /** The entry file that each runs, without suffix. Default: the drill's for this kind. */
  program?: string;
  /** How long an order takes. Default: the worker's. */
  workMs?: number;
  /** Besides this process's own. */
  env?: Record<string, string>;
}

/** The workers of a drill: a place for each, and the process that stands in it now. */
export class Fleet {
  readonly kind: WorkerKind;
  readonly #options: FleetOptions;
  readonly #processes: (WorkerProcess | undefined)[];
  readonly #all: WorkerProcess[] = [];

  constructor(options: FleetOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#processes = options.ports.map(() => undefined);
  }

  get size(): number {
    return this.#options.ports.length;
  }

  /** The worker's id in the routing table: static workers are known by their address. */
  idOf(place: number): string {
    if (this.kind === "plain") return `${this.#hostOf(place).address}:${this.#options.ports[place]}`;
    return this.#nameOf(place);
  }

  get ids(): string[] {
    return this.#options.ports.map((_, place) => this.idOf(place));
  }

  /** The process that stands in `place`. Throws when there is none. */
  at(place: number): WorkerProcess {
    const found = this.#processes[place];
    if (found === undefined) throw new Error(`drill: no worker was started in place ${place}`);
    return found;
  }

  /** Name and process of each that runs. */
  running(): [name: string, pid: number][] {
    return this.#processes.flatMap((worker): [string, number][] =>
      worker?.running === true ? [[worker.id, worker.pid]] : [],
    );
  }

  /** Starts a new process in `place`, on the place's port; it listens when this resolves. */
  async start(place: number): Promise<WorkerProcess> {
    const { kind, ledgerDirectory, ports, logDirectory } = this.#options;
    const { program = `demo/cluster/${kind}-worker-main`, control, service, workMs } = this.#options;
    const joins = kind === "plain" ? {} : { control, ...(service === undefined ? {} : { service }) };
    const { address, launcher } = this.#hostOf(place);
    const port = ports[place] ?? 0;
    const work = workMs === undefined ? {} : { workMs };
    const assignment = { id: this.#nameOf(place), host: address, port, ledgerDirectory, ...work, ...joins };
    const worker = new WorkerProcess(program, assignment, logDirectory, this.#options.env, launcher);
    this.#all.push(worker);
    this.#processes[place] = worker;
    const listening = await worker.report("listening");
    if (listening === undefined) {
      throw new Error(
        `drill: worker ${worker.id} ended before it listened; see workers.log in ${logDirectory}`,
      );
    }
    return worker;
  }

  #hostOf(place: number): { address: string; launcher: Launcher } {
    return this.#options.hosts?.[place] ?? { address: "127.0.0.1", launcher: [] };
  }

  #nameOf(place: number): string {
    return `${this.#options.service ?? "orders"}-${place + 1}`;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#options.ports.map(async (_, place) => await this.start(place)));
  }

  /** Ends every process that was ever started here. */
  async stop(): Promise<void> {
    this.killAll();
    await Promise.all(this.#all.map(async (worker) => await worker.exited));
  }

  /** The same without waiting: for the end of the process. */
  killAll(): void {
    for (const worker of this.#all) if (worker.running) worker.kill("SIGKILL");
  }
}
