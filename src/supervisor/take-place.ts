import type { SupervisorAssignment } from "../protocol/supervision.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { signalProcess } from "../runtime/process-identity.ts";
import { takeLock } from "../runtime/process-lock.ts";
import { askSupervisor } from "./ask.ts";
import { livingChildren, livingSupervisor } from "./living.ts";
import { SupervisorError } from "./supervisor-error.ts";

/** An orphan of an earlier gateway starts its supervisor within this time, or not at all. */
const orphansStartWithinMs = 5_000;
const lookEveryMs = 50;

/**
 * For a start by hand: takes the lock, unless a gateway runs. Living proxies of an earlier gateway hold its sockets and
 * start a supervisor themselves; only those that do not are ended.
 */
export async function takeFreePlace(places: Places, logger: Logger): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < orphansStartWithinMs; waitedMs += lookEveryMs) {
    if (livingSupervisor(places) !== null) return false;
    if (!livingChildren(places).some(({ role }) => role === "proxy")) break;
    await pause(lookEveryMs);
  }
  if (!takeLock(places.supervisorLock).taken) return false;
  for (const child of livingChildren(places)) {
    logger.warn({ child: child.name, childPid: child.pid }, "a process of an earlier gateway is ended");
    signalProcess(child, "SIGKILL");
  }
  while (livingChildren(places).length > 0) await pause(lookEveryMs);
  return true;
}

/** For a supervisor that was started by another process. After this the lock names this process. */
export async function takeHandedPlace(places: Places, { cause }: SupervisorAssignment): Promise<void> {
  if (cause === "upgrade") await askSupervisor(places.state, { name: "hand-over", pid: process.pid });
  const attempt = takeLock(places.supervisorLock);
  if (attempt.taken) return;
  throw new SupervisorError("already-running", `process ${attempt.holder.pid} is the supervisor already`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
