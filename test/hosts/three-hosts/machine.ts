import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LabHost } from "../../faults/lab/host.ts";

const project = resolve(import.meta.dirname, "../../..");
/** What a host has of its own; the rest is this machine's. */
const ownDirectories = ["/etc", "/var/lib", "/usr/local", "/root", "/opt"];
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * A host with a disk of its own, over this machine's: what is written below `ownDirectories` is seen by it alone, and is
 * still there after a power cut. `skein`, `node`, `systemctl` and `ssh` are there as an installation has them.
 */
export class Machine {
  readonly host: LabHost;
  readonly #disk: string;
  #life: ChildProcess | undefined;

  /** `all`: the directory of every machine's disk. */
  static async start(host: LabHost, all: string): Promise<Machine> {
    const machine = new Machine(host, join(all, host.name));
    machine.#install(all);
    await machine.#boot(all);
    return machine;
  }

  private constructor(host: LabHost, disk: string) {
    this.host = host;
    this.#disk = disk;
  }

  get name(): string {
    return this.host.name;
  }

  /** Types commands at it, as root. Gives what they print; throws when the last one fails. */
  type(script: string, { mayFail = false } = {}): string {
    const [file, ...args] = [...this.#inside, "bash", "-c", script];
    const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", timeout: 120_000 });
    if (status === 0 || mayFail) return `${stdout}${stderr}`;
    throw new Error(`on ${this.name}:\n${script}\nended with ${status}:\n${stdout}${stderr}`);
  }

  /** What a unit has said. */
  log(unit: string): string {
    return this.type(`tail -c 3000 /var/lib/units/${unit}.log`, { mayFail: true });
  }

  cutPower(): void {
    this.host.cutPower();
  }

  /** Boots with what is on its disk: what is enabled starts. */
  async powerOn(all: string): Promise<void> {
    this.host.powerOn();
    await this.#boot(all);
    this.type("systemctl default");
  }

  get #inside(): string[] {
    const { pid } = this.#life ?? {};
    if (pid === undefined) throw new Error(`${this.name} is off`);
    return [...enter(pid), "env", "-i", `PATH=${path}`, "HOME=/root"];
  }

  #install(all: string): void {
    for (const own of ownDirectories) {
      for (const part of ["upper", "work"]) mkdirSync(join(this.#disk, part, own), { recursive: true });
    }
    chmodSync(join(this.#disk, "upper/root"), 0o700);
    const local = join(this.#disk, "upper/usr/local");
    for (const directory of ["bin", "lib/node_modules"])
      mkdirSync(join(local, directory), { recursive: true });
    symlinkSync(project, join(local, "lib/node_modules/skein"));
    const program = (name: string, text: string): void =>
      writeFileSync(join(local, "bin", name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    // A checkout is run from its sources.
    program("node", `exec ${process.execPath} --conditions=skein-source "$@"`);
    program("skein", `exec node ${project}/src/cli/main.ts "$@"`);
    program("systemctl", `exec node ${project}/test/hosts/three-hosts/systemctl.ts "$@"`);
    // `ssh root@10.0.0.1 command`: there is no sshd; it goes in by the namespaces.
    const enters = enter("$pid").join(" ");
    program("ssh", `pid=$(cat ${all}/"\${1#root@}".pid) || exit 255; shift\n${enters} sh -c "$*"`);
  }

  /** The process whose mounts are the host's. */
  async #boot(all: string): Promise<void> {
    const mounts = ownDirectories.map((own) => {
      const options = `lowerdir=${own},upperdir=${this.#disk}/upper${own},workdir=${this.#disk}/work${own}`;
      return `mount -t overlay -o ${options} host ${own}`;
    });
    const memory = ["mount -t tmpfs -o mode=755 host /run", "mount -t tmpfs -o mode=1777 host /tmp"];
    const script = [
      "set -e",
      `hostname ${this.name}`,
      ...mounts,
      ...memory,
      "echo up",
      "exec sleep infinity",
    ].join("\n");
    const [file, ...args] = [...this.host.launcher, "unshare", "--mount", "--uts", "sh", "-c", script];
    const life = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await Promise.race([once(life.stdout, "data"), once(life, "exit")])) as [unknown];
    if (!String(said).startsWith("up")) throw new Error(`${this.name} does not boot`);
    this.#life = life;
    writeFileSync(join(all, `${this.host.address}.pid`), String(life.pid));
  }

  /** A file of its disk. */
  read(file: string): string {
    return readFileSync(join(this.#disk, "upper", file), "utf8");
  }
}

function enter(pid: number | string): string[] {
  return ["nsenter", `--target=${pid}`, "--mount", "--uts", "--net"];
}
