import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import type { TestContext } from "node:test";

let made = 0;

/** False: hosts can be made; else why not. */
export function missingNamespaces(): false | string {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "network namespaces need root on Linux";
  if (spawnSync("ip", ["netns", "list"]).status !== 0) return "ip is not installed (Debian package iproute2)";
  return false;
}

/**
 * Hosts as network namespaces on one bridge, which lies in a namespace of its own: nothing of it can be reached from
 * outside, or from this process. Removed when the test ends.
 */
export class HostNetwork {
  readonly #prefix: string;
  readonly #hosts: Host[] = [];

  constructor(t: TestContext, names: string[]) {
    made += 1;
    this.#prefix = `sk${process.pid}${made}`;
    const bridge = this.#namespace(t, "bridge");
    ip("-n", bridge, "link", "add", "br0", "type", "bridge");
    ip("-n", bridge, "link", "set", "br0", "up");
    for (const [index, name] of names.entries()) this.#hosts.push(this.#host(t, bridge, name, index + 2));
  }

  host(name: string): Host {
    const found = this.#hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`there is no host ${name}`);
    return found;
  }

  #namespace(t: TestContext, name: string): string {
    const namespace = `${this.#prefix}-${name}`;
    ip("netns", "add", namespace);
    t.after(() => ip("netns", "del", namespace));
    ip("-n", namespace, "link", "set", "lo", "up");
    return namespace;
  }

  #host(t: TestContext, bridge: string, name: string, number: number): Host {
    const namespace = this.#namespace(t, name);
    const address = `10.77.0.${number}`;
    ip("-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", `v${number}`, "netns", bridge);
    ip("-n", bridge, "link", "set", `v${number}`, "master", "br0", "up");
    ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
    ip("-n", namespace, "link", "set", "eth0", "up");
    return new Host(name, namespace, address);
  }
}

/** One host: what runs in it sees its own loopback, and the others by their addresses. */
export class Host {
  readonly name: string;
  readonly address: string;
  readonly #namespace: string;

  constructor(name: string, namespace: string, address: string) {
    this.name = name;
    this.#namespace = namespace;
    this.address = address;
  }

  /** The words that run a command here; the process is the command's own. */
  get inside(): string[] {
    return ["ip", "netns", "exec", this.#namespace];
  }

  /** Runs until the test ends. */
  run(t: TestContext, command: string[], env: Record<string, string> = {}): ChildProcess {
    const [file = "", ...args] = [...this.inside, ...command];
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    t.after(() => child.kill("SIGKILL"));
    return child;
  }

  /** One HTTP request from here. Status 0: there was no answer. */
  ask(
    url: string,
    options: { method?: string; headers?: Record<string, string>; body?: string; ca?: string } = {},
  ): Answer {
    const { method = "GET", headers = {}, body, ca } = options;
    const args = ["-sS", "-m", "10", "-X", method, "-w", "\n%{http_code}", url];
    for (const [name, value] of Object.entries(headers)) args.push("-H", `${name}: ${value}`);
    if (body !== undefined) args.push("-H", "content-type: application/json", "--data-raw", body);
    if (ca !== undefined) args.push("--cacert", ca);
    const [file = "", ...rest] = [...this.inside, "curl", ...args];
    const { stdout, stderr } = spawnSync(file, rest, { encoding: "utf8" });
    const end = stdout.lastIndexOf("\n");
    return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end), error: stderr };
  }

  /** Nothing that is sent from here to the other arrives, as a firewall that drops it. */
  cut(other: Host): void {
    ip("-n", this.#namespace, "route", "add", "blackhole", `${other.address}/32`);
  }

  heal(other: Host): void {
    ip("-n", this.#namespace, "route", "del", "blackhole", `${other.address}/32`);
  }
}

export interface Answer {
  status: number;
  text: string;
  error: string;
}

function ip(...words: string[]): void {
  execFileSync("ip", words);
}
