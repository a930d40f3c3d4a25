import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { type Launcher, launched } from "../../src/demo/cluster/launcher.ts";
import { eventually } from "../../src/demo/wait.ts";
import { missingTool } from "../tools.ts";

const startsWithinMs = 20_000;

/** False: it is there; else why tests of it are skipped. */
export function missingEtcd(): false | string {
  return missingTool("etcd", "etcd-server", "etcd");
}

export interface ClusterOptions {
  members?: number;
  /** Further flags of each member. */
  flags?: (directory: string) => string[];
  /** For clients. Default `http`. */
  scheme?: "http" | "https";
  /** One for each member, on etcd's usual ports. Default: all here, on ephemeral ports. */
  hosts?: readonly MemberHost[];
}

interface MemberHost {
  address: string;
  launcher: Launcher;
}

/** host:port of each of a member's three listeners. */
interface MemberPlaces {
  client: string;
  peer: string;
  health: string;
  launcher: Launcher;
}

/** A cluster of real etcd processes on ephemeral ports, in a temporary directory. */
export class EtcdCluster {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-etcd-"));
  readonly members: EtcdMember[] = [];
  readonly #options: ClusterOptions;

  /** Resolves when every member serves. To be ended with `end`. */
  static async start(options: ClusterOptions = {}): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(options);
    try {
      await cluster.#form();
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  get endpoints(): string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  async end(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends every member and starts them anew with nothing in them, under the same names and addresses. */
  async beginAnew(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const member of this.members) member.wipe();
    await this.startAll();
  }

  /** What every member holds now, in a file. */
  backUp(...flags: string[]): string {
    const file = join(this.directory, "backup.db");
    this.members[0]!.etcdctl("snapshot", "save", file, ...flags);
    return file;
  }

  /** Ends every member, and starts a new cluster of the same members with what is in the file. */
  async restore(file: string): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const member of this.members) member.restore(file);
    await this.startAll();
  }

  async startAll(): Promise<void> {
    await Promise.all(this.members.map((member) => member.start()));
  }

  async #form(): Promise<void> {
    const { flags, scheme = "http" } = this.#options;
    const places = await placesOf(this.#options);
    const nameOf = (index: number): string => `m${index + 1}`;
    const cluster = places.map(({ peer }, index) => `${nameOf(index)}=http://${peer}`).join(",");
    for (const [index, { client, peer, health, launcher }] of places.entries()) {
      this.members.push(
        new EtcdMember({
          name: nameOf(index),
          directory: this.directory,
          endpoint: client,
          client: `${scheme}://${client}`,
          peer: `http://${peer}`,
          health: `http://${health}`,
          launcher,
          cluster,
          flags: flags?.(this.directory) ?? [],
        }),
      );
    }
    await this.startAll();
  }
}

async function placesOf({ members = 1, hosts }: ClusterOptions): Promise<MemberPlaces[]> {
  if (hosts !== undefined) {
    return hosts.map(({ address, launcher }) => {
      const [client, peer, health] = [2379, 2380, 2381].map((port) => `${address}:${port}`);
      return { client: client ?? "", peer: peer ?? "", health: health ?? "", launcher };
    });
  }
  const ports = await freePorts(members * 3);
  const at = (index: number): string => `127.0.0.1:${ports[index]}`;
  return Array.from({ length: members }, (_, index) => ({
    client: at(index),
    peer: at(members + index),
    health: at(2 * members + index),
    launcher: [],
  }));
}

interface MemberOptions {
  name: string;
  directory: string;
  endpoint: string;
  client: string;
  peer: string;
  /** Plain HTTP also where clients need more. */
  health: string;
  launcher: Launcher;
  cluster: string;
  flags: string[];
}

export class EtcdMember {
  readonly endpoint: string;
  readonly #options: MemberOptions;
  readonly #log: string;
  #process: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  constructor(options: MemberOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
    this.#log = join(options.directory, `${options.name}.log`);
  }

  /** Resolves when it takes part in a cluster that has a leader. */
  async start(): Promise<void> {
    const { name, client, peer, health, cluster, flags, launcher } = this.#options;
    const args = [
      ["--name", name],
      ["--data-dir", this.data],
      ["--listen-client-urls", client],
      ["--advertise-client-urls", client],
      ["--listen-peer-urls", peer],
      ["--initial-advertise-peer-urls", peer],
      ["--initial-cluster", cluster],
      ["--listen-metrics-urls", health],
      ["--logger", "zap"],
      ["--log-level", "warn"],
      ["--pre-vote"],
    ];
    const log = openSync(this.#log, "a");
    this.#process = spawn(...launched(launcher, ["etcd", ...args.flat(), ...flags]), {
      stdio: ["ignore", log, log],
      env: { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch },
    });
    closeSync(log);
    this.#exited = once(this.#process, "exit");
    const ready = await eventually(async () => ((await this.#healthy()) ? true : undefined), {
      withinMs: startsWithinMs,
    });
    if (ready !== true) throw new Error(`etcd ${name} did not begin to serve:\n${this.log()}`);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGKILL");
    await this.#exited;
  }

  wipe(): void {
    rmSync(this.data, { recursive: true, force: true });
  }

  restore(file: string): void {
    this.wipe();
    const { name, peer, cluster } = this.#options;
    const place = ["--data-dir", this.data, "--name", name, "--initial-advertise-peer-urls", peer];
    this.etcdctl("snapshot", "restore", file, ...place, "--initial-cluster", cluster);
  }

  etcdctl(...args: string[]): string {
    const { client, launcher } = this.#options;
    const [command, parts] = launched(launcher, ["etcdctl", "--endpoints", client, ...args]);
    const { status, stdout, stderr } = spawnSync(command, parts, {
      encoding: "utf8",
      env: { ...process.env, ETCDCTL_API: "3" },
    });
    if (status !== 0) throw new Error(`etcdctl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  log(): string {
    return readFileSync(this.#log, "utf8").slice(-4000);
  }

  get data(): string {
    return join(this.#options.directory, this.#options.name);
  }

  async #healthy(): Promise<boolean> {
    const { health, launcher } = this.#options;
    const url = `${health}/health`;
    if (this.#process?.exitCode !== null) throw new Error(this.log());
    // Elsewhere it cannot be reached from here.
    if (launcher.length > 0)
      return spawnSync(...launched(launcher, ["curl", "-sf", "--max-time", "1", url])).status === 0;
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    return response.ok;
  }
}
