import { readFileSync } from "node:fs";

/** How many files this process may have open; Infinity where the system does not tell. */
export function openFilesMax(read: () => string = ownLimits): number {
  try {
    const [, soft = ""] = /^Max open files\s+(\d+)/m.exec(read()) ?? [];
    return soft === "" ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}

function ownLimits(): string {
  return readFileSync("/proc/self/limits", "utf8");
}
