import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";

const readyWithinMs = 20_000;
const tryAgainMs = 50;
const killAfterMs = 5_000;

/** Clock ticks a second of /proc/<pid>/stat. */
const ticksPerSecond = Number(spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" }).stdout.trim());

export function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** What a program says of its version, in one line. */
export function versionOf(program: string, flag: string): string {
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: "utf8" });
  return (stdout + stderr).split("\n")[0] ?? "";
}

/** Starts a program on one core; all that it starts is on that core too. What it says goes to `log`. */
export function startOn(core: number, log: string, program: string, args: readonly string[]): ChildProcess {
  const descriptor = openSync(log, "a");
  const child = spawn("taskset", ["-c", String(core), program, ...args], {
    stdio: ["ignore", descriptor, descriptor],
  });
  closeSync(descriptor);
  return child;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await ended;
  clearTimeout(timer);
}

/** Every thread of a process goes to this core. */
export function pin(pid: number, core: number): void {
  const { status, stderr } = spawnSync("taskset", ["-a", "-c", "-p", String(core), String(pid)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`cannot pin process ${pid} to core ${core}: ${stderr}`);
}

/** CPU time that a process (all its threads, user and kernel) has taken, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name, in parentheses, may have blanks: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

export interface Descendant {
  pid: number;
  command: string;
}

/** All processes under this one, with their command lines. */
export function descendants(pid: number): Descendant[] {
  const children = new Map<number, Descendant[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const command = readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ").trim();
      children.set(parent, [...(children.get(parent) ?? []), { pid: Number(name), command }]);
    } catch {
      // It ended between the two readings.
    }
  }
  const found: Descendant[] = [];
  const visit = (parent: number): void => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      visit(child.pid);
    }
  };
  visit(pid);
  return found;
}

/** Until something accepts connections there. */
export async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await accepts(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on 127.0.0.1:${port}`);
    await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy());
}
