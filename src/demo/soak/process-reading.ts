import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What a process holds at one moment, by the kernel's account. */
export interface ProcessReading {
  residentBytes: number;
  descriptors: number;
  /** Of the descriptors. */
  sockets: number;
}

/** Resident memory, from the text of `/proc/PID/status`. */
export function residentBytesIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Undefined: there is no such process (any more). */
export function readProcess(pid: number): ProcessReading | undefined {
  try {
    const residentBytes = residentBytesIn(readFileSync(`/proc/${pid}/status`, "utf8"));
    const descriptors = readdirSync(`/proc/${pid}/fd`);
    const sockets = descriptors.filter((name) => isSocket(`/proc/${pid}/fd/${name}`)).length;
    // A process that has ended, and was not waited for yet, has no memory.
    return residentBytes === 0 ? undefined : { residentBytes, descriptors: descriptors.length, sockets };
  } catch {
    return undefined;
  }
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith("socket:");
  } catch {
    // Closed meanwhile.
    return false;
  }
}
