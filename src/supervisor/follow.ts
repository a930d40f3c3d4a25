import { existsSync } from "node:fs";
import type { Places } from "../runtime/places.ts";
import { isAlive, signalProcess } from "../runtime/process-identity.ts";
import { readLock } from "../runtime/process-lock.ts";

const lookEveryMs = 200;
/** An orphaned proxy starts a new supervisor within 2 s; this is plenty. */
const successorWithinMs = 15_000;

export interface Follower {
  /** 0: the gateway was stopped. 1: it is gone without having been stopped. */
  ended: Promise<number>;
  /** Pass the wish on to the supervisor of the moment. */
  actions: { stop(): void; reload(): void };
}

/**
 * Stands in for a supervisor that is another process: it ends when the gateway ends, and passes signals on. So a
 * terminal or systemd keeps its main process through upgrades and replacements of the supervisor.
 */
export function followGateway(places: Places): Follower {
  let missingSince: number | null = null;
  const ended = new Promise<number>((resolve) => {
    const timer = setInterval(() => {
      const holder = readLock(places.supervisorLock);
      if (holder !== null && isAlive(holder)) {
        missingSince = null;
        return;
      }
      missingSince ??= Date.now();
      const stopped = holder === null && !existsSync(places.gatewayFile);
      if (!stopped && Date.now() - missingSince < successorWithinMs) return;
      clearInterval(timer);
      resolve(stopped ? 0 : 1);
    }, lookEveryMs);
  });
  const pass = (signal: NodeJS.Signals): void => {
    const holder = readLock(places.supervisorLock);
    if (holder !== null) signalProcess(holder, signal);
  };
  return { ended, actions: { stop: () => pass("SIGTERM"), reload: () => pass("SIGHUP") } };
}
