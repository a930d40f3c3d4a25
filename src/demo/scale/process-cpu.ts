import { readFileSync } from "node:fs";

/** The kernel counts CPU time in hundredths of a second on every Linux that node runs on (USER_HZ). */
const msPerTick = 10;

/** CPU time (user and system) that a process has used so far, from the text of `/proc/PID/stat`. */
export function cpuMsIn(stat: string): number {
  // The name in parentheses may hold blanks and parentheses: fields are counted after its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

export function cpuMsOf(pid: number): number {
  return cpuMsIn(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** From the text of `/proc/self/limits`: how many files a process may have open at most. */
export function openFilesHardLimitIn(limits: string): number {
  const found = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits)?.[2];
  return found === "unlimited" ? Number.POSITIVE_INFINITY : Number(found ?? 1024);
}

export function openFilesHardLimit(): number {
  return openFilesHardLimitIn(readFileSync("/proc/self/limits", "utf8"));
}
