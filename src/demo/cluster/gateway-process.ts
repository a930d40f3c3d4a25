import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChildRole, GatewayStatus } from "../../protocol/supervision.ts";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { type Places, placesIn } from "../../runtime/places.ts";
import { eventually } from "../wait.ts";
import { processesOf } from "./belonging.ts";
import { type Launcher, launched } from "./launcher.ts";
import { commandSupervisor } from "./supervisor-client.ts";

/** A process that was just killed may still be seen for a moment. */
const killRoundsMax = 50;

/** A gateway started as a user starts it: `skein up --config FILE` in a process of its own. */
export class GatewayProcess {
  readonly places: Places;
  readonly #directory: string;
  readonly #config: string;
  readonly #hints: boolean;
  readonly #env: Record<string, string>;
  readonly #launcher: Launcher;
  #child: ChildProcess | undefined;
  /** Every process of this gateway that was ever seen: so that none is left behind. */
  readonly #pids = new Set<number>();

  /** `env`: besides this process's own. */
  constructor(options: {
    directory: string;
    config: string;
    state: string;
    hints?: boolean;
    env?: Record<string, string>;
    launcher?: Launcher;
  }) {
    this.#directory = options.directory;
    this.#config = options.config;
    this.#hints = options.hints ?? false;
    this.#env = options.env ?? {};
    this.#launcher = options.launcher ?? [];
    this.places = placesIn(options.state);
  }

  start(): void {
    this.#child = this.#skein(["up", "--config", this.#config, ...(this.#hints ? ["--hints"] : [])]);
    if (this.#child.pid !== undefined) this.#pids.add(this.#child.pid);
  }

  /** True while the process that was started first runs. After an upgrade or a kill another one may hold the door. */
  get firstProcessRuns(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  async status(timeoutMs = 1000): Promise<GatewayStatus> {
    return this.#remember(
      await commandSupervisor(this.places.supervisorSocket, { name: "status" }, timeoutMs),
    );
  }

  async reload(): Promise<GatewayStatus> {
    return this.#remember(await commandSupervisor(this.places.supervisorSocket, { name: "reload" }, 15_000));
  }

  /** `skein upgrade`, typed by a user. Resolves to its exit code. */
  async upgrade(): Promise<number> {
    const child = this.#skein(["upgrade", "--state", this.places.state]);
    return await new Promise((resolve) => {
      child.on("error", () => resolve(1));
      child.on("exit", (code) => resolve(code ?? 1));
    });
  }

  /** Asks the gateway to stop, and ends by force what is still there after `withinMs`. */
  async stop(withinMs = 5000): Promise<void> {
    await this.status(500).catch(() => {});
    for (const pid of this.#pids) trySignal(pid, "SIGCONT");
    await commandSupervisor(this.places.supervisorSocket, { name: "stop" }, 1000).catch(() => {});
    await eventually(() => this.#alive().length === 0 || undefined, { withinMs });
    this.killAll();
    await eventually(() => this.#alive().length === 0 || undefined, { withinMs: 2000 });
  }

  /** By force; whoever starts another meanwhile is met in the next round. */
  killAll(): void {
    for (let round = 0; round < killRoundsMax; round += 1) {
      const found = [this.places.state, this.#config].flatMap(processesOf);
      if (round > 0 && found.length === 0) return;
      for (const pid of [...this.#alive(), ...found]) trySignal(pid, "SIGKILL");
    }
  }

  #alive(): number[] {
    for (const pid of this.#pids) if (!isRunning(pid)) this.#pids.delete(pid);
    return [...this.#pids];
  }

  #remember(status: GatewayStatus): GatewayStatus {
    this.#pids.add(status.supervisor.pid);
    for (const child of status.children) this.#pids.add(child.pid);
    return status;
  }

  #skein(args: string[]): ChildProcess {
    const log = openSync(join(this.#directory, "gateway.log"), "a", 0o600);
    const words = [process.execPath, ...inheritedNodeFlags(), entryFile("cli/main"), ...args];
    const child = spawn(...launched(this.#launcher, words), {
      stdio: ["ignore", log, log],
      cwd: this.#directory,
      env: { ...process.env, ...this.#env },
    });
    child.on("error", () => {});
    closeSync(log);
    return child;
  }
}

export function pidsOf(status: GatewayStatus, role: ChildRole): number[] {
  return status.children.filter((child) => child.role === role && child.pid > 0).map((child) => child.pid);
}

export function leaderOf(status: GatewayStatus): number | undefined {
  return status.children.find((child) => child.role === "controller" && child.leader)?.pid;
}

/** False when there is no such process (any more). */
export function trySignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A process that ended but was not yet waited for (a zombie) does not run. */
export function isRunning(pid: number): boolean {
  if (!trySignal(pid, 0)) return false;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.charAt(text.lastIndexOf(")") + 2) !== "Z";
  } catch {
    // Without /proc (not Linux) the signal is all there is to know.
    return process.platform !== "linux";
  }
}
