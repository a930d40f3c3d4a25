import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ChildRole, GatewayFile, GatewayStatus } from "../../src/protocol/supervision.ts";
import { type Places, placesIn } from "../../src/runtime/places.ts";
import { askSupervisor } from "../../src/supervisor/ask.ts";

const program = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const nodeFlags = ["--conditions=skein-source", "--disable-warning=ExperimentalWarning"];
const lookEveryMs = 20;
// Only a failure waits this long; a busy machine starts a process in seconds.
const withinMsDefault = 45_000;

export interface GatewayOptions {
  /** As a user writes it in skein.config.json; `listen`, `control` and `state` are filled in. */
  configuration?: Record<string, unknown>;
  /** Further arguments of `skein up`. */
  args?: string[];
  /** Words before every command, as for a namespace of the network. */
  inside?: string[];
}

/**
 * A gateway of real processes, started by `skein up` on ephemeral ports with a state directory of its own. When the
 * test ends, however it ends, every process that belongs to this state directory is killed and the directory removed.
 */
export class TestGateway {
  readonly directory: string;
  readonly places: Places;
  readonly configFile: string;
  readonly #logFile: string;
  readonly #inside: string[];
  #process: ChildProcess | undefined;

  /** Resolves when every proxy and controller is ready. */
  static async start(context: TestContext, options: GatewayOptions = {}): Promise<TestGateway> {
    const gateway = TestGateway.prepare(context, options);
    gateway.up(options.args);
    await gateway.until("every process is ready", allReady);
    return gateway;
  }

  /** Everything but the start. */
  static prepare(context: TestContext, options: GatewayOptions = {}): TestGateway {
    const gateway = new TestGateway(options);
    context.after(() => gateway.destroy());
    return gateway;
  }

  private constructor(options: GatewayOptions) {
    this.directory = mkdtempSync(join(tmpdir(), "skein-e2e-"));
    this.places = placesIn(join(this.directory, "state"));
    this.configFile = join(this.directory, "skein.config.json");
    this.#logFile = join(this.directory, "gateway.log");
    this.#inside = options.inside ?? [];
    this.configure(options.configuration ?? {});
  }

  up(args: string[] = []): ChildProcess {
    this.#process = this.skein(["up", "--config", this.configFile, ...args]);
    return this.#process;
  }

  /** The process that `up` started. */
  get process(): ChildProcess {
    if (this.#process === undefined) throw new Error("the gateway was not started");
    return this.#process;
  }

  /** Writes the configuration file; a running gateway sees it at its next reload. */
  configure(configuration: Record<string, unknown>): void {
    const places = { listen: "127.0.0.1:0", control: "127.0.0.1:0", state: this.places.state };
    const defaults = { proxies: 2, controllers: 2, routes: { "/": "web" } };
    writeFileSync(this.configFile, JSON.stringify({ ...places, ...defaults, ...configuration }, null, 2));
  }

  /** The command line program in a process of its own; its output goes to the log. */
  skein(args: string[]): ChildProcess {
    const log = openSync(this.#logFile, "a");
    const [file = "", ...rest] = this.command(args);
    const child = spawn(file, rest, {
      stdio: ["ignore", log, log],
      cwd: this.directory,
      env: { ...process.env, SKEIN_STATE: this.places.state },
    });
    closeSync(log);
    return child;
  }

  /** The words to start the command line program with. */
  command(args: string[]): string[] {
    return [...this.#inside, process.execPath, ...nodeFlags, program, ...args];
  }

  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, "utf8") : "";
  }

  file(): GatewayFile {
    return JSON.parse(readFileSync(this.places.gatewayFile, "utf8")) as GatewayFile;
  }

  /** `http://127.0.0.1:PORT` of the first listener. */
  get url(): string {
    return `http://${this.file().listen[0]}`;
  }

  get controlUrl(): string {
    return `http://${this.file().control}`;
  }

  status(): Promise<GatewayStatus> {
    return askSupervisor(this.places.state, { name: "status" });
  }

  reload(): Promise<GatewayStatus> {
    return askSupervisor(this.places.state, { name: "reload" });
  }

  upgrade(): Promise<GatewayStatus> {
    return askSupervisor(this.places.state, { name: "upgrade" });
  }

  stop(): Promise<GatewayStatus> {
    return askSupervisor(this.places.state, { name: "stop" });
  }

  async pids(role: ChildRole): Promise<number[]> {
    const { children } = await this.status();
    return children.filter((child) => child.role === role && child.state === "ready").map(({ pid }) => pid);
  }

  /** Waits until the status is as described. While no supervisor answers, it is not. */
  until(
    what: string,
    holds: (status: GatewayStatus) => boolean,
    withinMs = withinMsDefault,
  ): Promise<GatewayStatus> {
    let last: unknown = "no answer";
    const look = async (): Promise<GatewayStatus | undefined> => {
      const status = await this.status().catch((error: unknown) => void (last = error));
      if (status === undefined) return undefined;
      last = status;
      return holds(status) ? status : undefined;
    };
    return eventually(look, () => `${what}; last seen: ${describe(last)}\nlog:\n${this.log()}`, withinMs);
  }

  /** Every process that lives because of this gateway, also the detached ones. */
  processes(): number[] {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid && belongsTo(pid, this.directory));
  }

  /** Every process at once: an orphan that survived for a moment could start a new supervisor. */
  async kill(): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      const pids = this.processes();
      if (pids.length === 0) break;
      for (const pid of pids) kill(pid, "SIGKILL");
      await pause(lookEveryMs);
    }
  }

  async destroy(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function belongsTo(pid: number, directory: string): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    if (text.charAt(text.lastIndexOf(")") + 2) === "Z") return false;
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
    return words.includes(directory);
  } catch {
    return false;
  }
}

export function allReady(status: GatewayStatus): boolean {
  const staying = stayingOf(status);
  const has = (role: ChildRole): boolean => staying.some((child) => child.role === role);
  const settled = staying.every(({ state }) => state === "ready");
  return settled && has("proxy") && has("controller") && status.roll.old === 0;
}

/** Without those that are leaving: they may take long, while clients are idle on them. */
export function stayingOf({ children }: GatewayStatus): GatewayStatus["children"] {
  return children.filter(({ state }) => state !== "draining");
}

/** True: nobody does. Undefined: somebody does. */
export async function nobodyListensAt(host: string, port: number): Promise<true | undefined> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return undefined;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
    return true;
  } finally {
    socket.destroy();
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Asks again and again until there is a value. */
export async function eventually<Value>(
  look: () => Value | undefined | Promise<Value | undefined>,
  what: () => string,
  withinMs = withinMsDefault,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await pause(lookEveryMs);
  }
}

function describe(value: unknown): string {
  return value instanceof Error ? value.message : JSON.stringify(value);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A plain worker in this process: answers every request with its name. For the configuration: `address`. */
export async function startPlainWorker(
  context: TestContext,
  name = "w1",
): Promise<{ address: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    response.end(name);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
