import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { eventually } from "../../../src/demo/wait.ts";

/** One way through a rival: its own socket, its own worker, so that cases cannot touch each other. */
export interface Lane {
  /** The unix socket on which the rival takes the case's clients. */
  socket: string;
  workerPort: number;
}

export interface Rival {
  name: string;
  command: string;
  debianPackage: string;
  versionFlag: string;
  /** Everything it is told, as near as it can be to what ours does by default. */
  configuration(lanes: readonly Lane[], directory: string): string;
  arguments(configurationFile: string, directory: string): string[];
}

export interface RunningRival {
  stop(): Promise<void>;
}

const readyWithinMs = 30_000;
const killAfterMs = 3_000;

export function isInstalled({ command }: Rival): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}

/** The first number with dots in what it says of itself. */
export function versionOf({ command, versionFlag }: Rival): string {
  const { stdout, stderr } = spawnSync(command, [versionFlag], { encoding: "utf8" });
  return /\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? "unknown";
}

/** Starts it in the foreground, as a child of ours; resolves when it takes connections on every lane. */
export async function startRival(
  rival: Rival,
  lanes: readonly Lane[],
  parent: string,
): Promise<RunningRival> {
  const directory = join(parent, rival.command);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "configuration");
  writeFileSync(file, rival.configuration(lanes, directory));
  const log = join(directory, "log");
  const output = openSync(log, "a");
  const child = spawn(rival.command, rival.arguments(file, directory), {
    stdio: ["ignore", output, output],
    env: { ...process.env, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory },
  });
  closeSync(output);
  const ready = await eventually(
    async () => (child.exitCode === null ? (await accepts(lanes)) || undefined : false),
    { withinMs: readyWithinMs },
  );
  if (ready !== true) {
    await stop(child);
    throw new Error(`${rival.name} does not start: ${readFileSync(log, "utf8").slice(-2000)}`);
  }
  return { stop: async () => stop(child) };
}

async function accepts(lanes: readonly Lane[]): Promise<boolean> {
  for (const { socket } of lanes) if (!(await acceptsOn(socket))) return false;
  return true;
}

async function acceptsOn(path: string): Promise<boolean> {
  const socket = connect(path);
  return await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy());
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await ended;
  clearTimeout(timer);
}
