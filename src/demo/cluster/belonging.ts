import { readdirSync, readFileSync } from "node:fs";

/**
 * Every process of this user whose command line or environment names this file or directory. A gateway heals itself, so a list of those once seen is never the whole. Where there is no /proc: none.
 */
export function processesOf(path: string): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => mentions(name, "cmdline", path) || mentions(name, "environ", path))
    .map(Number);
}

function mentions(pid: string, file: "cmdline" | "environ", path: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1").includes(path);
  } catch {
    // Gone meanwhile, or somebody else's.
    return false;
  }
}
