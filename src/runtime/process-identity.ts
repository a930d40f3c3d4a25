import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the words of the system: only to be compared. Empty: the system does not tell. */
  started: string;
}

/** The identity of a process that lives now, or null. A zombie (ended, not yet collected) does not live. */
export function identify(pid: number): ProcessIdentity | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === "linux" ? identifyOnLinux(pid) : identifyElsewhere(pid);
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  if (now === null) return false;
  return identity.started === "" || now.started === "" || now.started === identity.started;
}

/** Sends `signal` unless the process is gone or its pid belongs to another one by now. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

function identifyOnLinux(pid: number): ProcessIdentity | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    return isGone(error) ? null : identifyBySignal(pid);
  }
  // The second field, the name, stands in parentheses and may hold anything; state is field 3, start time 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  return state === "Z" || state === "X" ? null : { pid, started: fields[19] ?? "" };
}

/** Without /proc, or without a free descriptor to read it, a missing file proves nothing. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ESRCH" || (code === "ENOENT" && existsSync("/proc/self/stat"));
}

function identifyBySignal(pid: number): ProcessIdentity | null {
  try {
    process.kill(pid, 0);
    return { pid, started: "" };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? { pid, started: "" } : null;
  }
}

function identifyElsewhere(pid: number): ProcessIdentity | null {
  const { status, stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
    encoding: "utf8",
  });
  if (status !== 0) return null;
  const [state = "", ...started] = stdout.trim().split(/\s+/);
  return state.startsWith("Z") ? null : { pid, started: started.join(" ") };
}
