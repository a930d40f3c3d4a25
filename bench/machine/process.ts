import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { eventually } from "../../src/demo/wait.ts";
import { isOpen } from "../../src/demo/cluster/free-port.ts";

const readyWithinMs = 30_000;
const killAfterMs = 5_000;

export function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** What a program says of its version, in one line. */
export function versionOf(program: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return `${stdout}${stderr}`.split("\n")[0] ?? "";
}

export interface Started {
  child: ChildProcess;
  pid: number;
  /** Everything that it said. */
  log: string;
}

interface Beside {
  env?: NodeJS.ProcessEnv;
  /** A node process of ours: `send` and `message` work. */
  messages?: boolean;
}

/**
 * Starts a program on some cores; all that it starts is on these too. taskset replaces itself by the program: the
 * process is the program's. What it says goes to the file `log`.
 */
export function startOn(
  cores: readonly number[],
  log: string,
  command: readonly string[],
  { env = {}, messages = false }: Beside = {},
): Started {
  const descriptor = openSync(log, "a");
  const child = spawn("taskset", ["-c", cores.join(","), ...command], {
    stdio: ["ignore", descriptor, descriptor, ...(messages ? (["ipc"] as const) : [])],
    env: { ...process.env, ...env },
  });
  closeSync(descriptor);
  if (child.pid === undefined) throw new Error(`${command[0]} cannot be started: taskset is missing`);
  return { child, pid: child.pid, log };
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await ended;
  clearTimeout(timer);
}

/** Every thread of a process goes to these cores. */
export function pin(pid: number, cores: readonly number[]): void {
  const args = ["-a", "-c", "-p", cores.join(","), String(pid)];
  const { status, stderr } = spawnSync("taskset", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot pin process ${pid}: ${stderr}`);
}

/** Until something accepts connections there. A program that ended instead says why in its log. */
export async function untilListening(started: Started, port: number, host?: string): Promise<void> {
  const { child, log } = started;
  const listens = await eventually(
    async () => {
      const ended = child.exitCode !== null || child.signalCode !== null;
      return ended ? "ended" : ((await isOpen(port, host)) && "listening") || undefined;
    },
    { withinMs: readyWithinMs, everyMs: 50 },
  );
  if (listens === "listening") return;
  const said = readFileSync(log, "utf8").trim().split("\n").slice(-5).join(" | ");
  throw new Error(`${child.spawnargs[3]} ${listens ?? "does not listen"}: ${said || "it said nothing"}`);
}
