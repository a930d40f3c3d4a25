import { spawnSync } from "node:child_process";

/** Runs a command to its end and gives what it printed; throws with all of that when it fails. */
export function runCommand(directory: string, command: string, ...args: string[]): string {
  const result = spawnSync(command, args, { cwd: directory, encoding: "utf8" });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${command} ${args.join(" ")} failed\n${result.stdout}${result.stderr}${result.error?.message ?? ""}`,
  );
}
