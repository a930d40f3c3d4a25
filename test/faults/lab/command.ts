import { spawnSync } from "node:child_process";

/** Runs a command of the system to its end and gives what it printed; throws with all of that when it fails. */
export function command(file: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${file} ${args.join(" ")}: ${stderr.trim() || (error?.message ?? `exit code ${status}`)}`);
}

/** The same where it may fail: what it was to undo is undone already. */
export function attempt(file: string, ...args: string[]): void {
  spawnSync(file, args, { stdio: "ignore" });
}
