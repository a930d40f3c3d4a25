import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Launcher } from "../../../src/demo/cluster/launcher.ts";
import { trySignal } from "../../../src/demo/cluster/gateway-process.ts";
import { attempt, command } from "./command.ts";

const prefixLength = 24;
/** As Linux has them. */
const ephemeralPorts = "32768-60999";
const killRoundsMax = 50;

/** A host of the laboratory: its network, what runs in it, and the small faults that can be done to it. */
export class LabHost {
  readonly name: string;
  readonly address: string;
  readonly #namespace: string;
  #powered = true;

  constructor(name: string, namespace: string, address: string) {
    this.name = name;
    this.address = address;
    this.#namespace = namespace;
  }

  /** Words that start a command on this host. */
  get launcher(): Launcher {
    return ["ip", "netns", "exec", this.#namespace];
  }

  plugIn(switchNamespace: string, port: string): void {
    const ns = this.#namespace;
    command("ip", "netns", "add", ns);
    const peer = ["peer", "name", port, "netns", switchNamespace];
    command("ip", "link", "add", "eth0", "netns", ns, "type", "veth", ...peer);
    command("ip", "-n", switchNamespace, "link", "set", port, "master", "br0", "up");
    command("ip", "-n", ns, "address", "add", `${this.address}/${prefixLength}`, "dev", "eth0");
    command("ip", "-n", ns, "link", "set", "lo", "up");
    command("ip", "-n", ns, "link", "set", "eth0", "up");
  }

  /** A program of this host. Ends with the host at the latest. */
  start(file: string, args: readonly string[], logFile: string): ChildProcess {
    const log = openSync(logFile, "a", 0o600);
    const [first = "", ...rest] = [...this.launcher, file, ...args];
    // A group of its own: some daemons signal their whole group.
    const child = spawn(first, rest, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    child.on("error", () => {});
    return child;
  }

  /** None where the host is gone. */
  pids(): number[] {
    const { stdout } = spawnSync("ip", ["netns", "pids", this.#namespace], { encoding: "utf8" });
    return stdout.split("\n").filter(Boolean).map(Number);
  }

  /** kill -9 of everything; who starts another meanwhile is met in the next round. */
  killAll(): void {
    for (let round = 0; round < killRoundsMax; round += 1) {
      const pids = this.pids();
      if (pids.length === 0) return;
      for (const pid of pids) trySignal(pid, "SIGKILL");
    }
  }

  /** What a power cut does: nothing is said to anybody, by no process and by no kernel. */
  cutPower(): void {
    this.#powered = false;
    command("ip", "-n", this.#namespace, "link", "set", "eth0", "down");
    this.killAll();
  }

  /** As after a boot: the network is there, with this host's own address alone. */
  powerOn(): void {
    command("ip", "-n", this.#namespace, "address", "flush", "dev", "eth0");
    command("ip", "-n", this.#namespace, "address", "add", `${this.address}/${prefixLength}`, "dev", "eth0");
    command("ip", "-n", this.#namespace, "link", "set", "eth0", "up");
    this.#powered = true;
  }

  /** It answers for this address: an interface that is down keeps its addresses, and answers for none. */
  has(address: string): boolean {
    if (!this.#powered) return false;
    const shown = command("ip", "-n", this.#namespace, "-o", "address", "show", "dev", "eth0");
    return shown.includes(` ${address}/`);
  }

  /** What this host sends to `address` (and, if told, only to this port) is lost; what comes from there arrives. */
  dropTowards(address: string, port?: number): void {
    const to = port === undefined ? [] : ["tcp", "dport", String(port)];
    this.#rule("output", "ip", "daddr", address, ...to, "drop");
  }

  /** The same, but only of connections that this host began, from a port of the kernel's choice: what others ask here is answered. */
  dropOwnTowards(address: string): void {
    this.#rule("output", "ip", "daddr", address, "tcp", "sport", ephemeralPorts, "drop");
  }

  /** This share of the packets that come in over the network (from this address, if told) is lost, by chance. */
  loseIncoming(percent: number, from?: string): void {
    const source = from === undefined ? [] : ["ip", "saddr", from];
    // The kernel takes no comparison that always holds.
    const chance = percent >= 100 ? [] : ["numgen", "random", "mod", "100", "<", String(percent)];
    this.#rule("input", "iifname", "eth0", ...source, ...chance, "drop");
  }

  /** No rule is left. */
  heal(): void {
    this.#nft("flush", "ruleset");
  }

  remove(): void {
    this.killAll();
    attempt("ip", "netns", "del", this.#namespace);
  }

  #rule(hook: "input" | "output", ...rule: string[]): void {
    this.#nft("add", "table", "inet", "faults");
    this.#nft("add", "chain", "inet", "faults", hook, `{ type filter hook ${hook} priority 0 ; }`);
    this.#nft("add", "rule", "inet", "faults", hook, ...rule);
  }

  #nft(...words: string[]): void {
    const [first = "", ...rest] = [...this.launcher, "nft", ...words];
    command(first, ...rest);
  }
}
