import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";
import { newInstanceId } from "./random.ts";
import { createWhole, writeBeside } from "./whole-file.ts";

/**
 * A lock file that names its holder. It is free when it does not exist or when its holder has ended: a killed
 * holder needs nobody to clean up. It guards against two supervisors by accident, not against malice.
 */
export type LockAttempt = { taken: true } | { taken: false; holder: ProcessIdentity };

const attemptsMax = 20;

export function takeLock(path: string, pid = process.pid): LockAttempt {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    if (createLock(path, pid)) return { taken: true };
    const holder = readLock(path);
    if (holder !== null && isAlive(holder)) {
      return holder.pid === pid ? { taken: true } : { taken: false, holder };
    }
    removeStale(path, holder);
  }
  throw new Error(`cannot take the lock ${path}: it changes hands again and again`);
}

/** Gives a lock that the caller holds to another process. Never leaves it free in between. */
export function passLock(path: string, toPid: number): void {
  renameSync(writeBeside(path, lockText(toPid)), path);
}

/** Frees the lock if `pid` holds it. */
export function releaseLock(path: string, pid = process.pid): void {
  if (readLock(path)?.pid === pid) rmSync(path, { force: true });
}

export function readLock(path: string): ProcessIdentity | null {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
    return { pid, started };
  } catch {
    return null;
  }
}

/** False: the file exists. */
function createLock(path: string, pid: number): boolean {
  return createWhole(path, lockText(pid));
}

function lockText(pid: number): string {
  return JSON.stringify(identify(pid) ?? { pid, started: "" });
}

/**
 * Two may find the same stale lock; the slower one must not remove the lock that the faster one has taken
 * meanwhile. So it is moved aside, looked at, and put back if it is not the one that was judged.
 */
function removeStale(path: string, judged: ProcessIdentity | null): void {
  const aside = `${path}.${newInstanceId()}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readLock(aside);
  const isJudged = moved?.pid === judged?.pid && moved?.started === judged?.started;
  try {
    if (!isJudged) linkSync(aside, path);
  } catch {
    // A third took it in the meantime: the supervisor's own check (does the lock still name me?) decides.
  } finally {
    rmSync(aside, { force: true });
  }
}
