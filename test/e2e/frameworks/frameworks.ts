import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";

/** What a service shares with its test: `/events` sends its last event when the gate is opened. */
export interface Gate {
  opened(): Promise<void>;
}

/** The same service, made with each framework: all answer the same requests. */
export type Start = (gate: Gate) => Promise<Server>;

export async function startOf(name: string): Promise<Start> {
  const file = name === "nest" ? builtNest() : join(import.meta.dirname, `${name}.js`);
  const { start } = (await import(file)) as { start: Start };
  return start;
}

/** Nest brings a hundred packages, and its decorators are no JavaScript: installed and compiled when it is needed. */
function builtNest(): string {
  const directory = join(import.meta.dirname, "nest");
  const stamp = join(directory, "node_modules", ".installed");
  const lock = readFileSync(join(directory, "package-lock.json"), "utf8");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
    run(directory, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
    writeFileSync(stamp, lock);
  }
  run(directory, join(import.meta.dirname, "../../../node_modules/.bin/tsc"), ["-p", directory]);
  return join(directory, "node_modules", ".built", "service.js");
}

function run(directory: string, command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
}
