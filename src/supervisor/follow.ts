import { existsSync } from "node:fs";
import type { Places } from "../runtime/places.ts";
import { isAlive } from "../runtime/process-identity.ts";
import { readLock } from "../runtime/process-lock.ts";
import { askSupervisor } from "./ask.ts";
import { livingChildren } from "./living.ts";
import type { Actions } from "./signals.ts";
import { readChildren } from "./state-directory.ts";
import { SupervisorError, type SupervisorErrorCode } from "./supervisor-error.ts";

const lookEveryMs = 200;
/** An orphaned proxy, while one lives, starts a new supervisor within 2 s; this is plenty. */
const successorWithinMs = 15_000;
/** As long as a timer can be: a supervisor that stands still finds the wish in its socket when it goes on. */
const answerWithinMs = 2 ** 31 - 1;
/** There is no supervisor just now, or it is about to be replaced. */
const notHeard: readonly SupervisorErrorCode[] = ["not-running", "not-allowed", "no-answer", "busy"];

export interface Follower {
  /** 0: the gateway was stopped. 1: it is gone without having been stopped. */
  ended: Promise<number>;
  /** Pass the wish on to the supervisor of the moment, and to the next ones until one has taken it. */
  actions: Actions;
}

type Wish = { name: "reload" } | { name: "stop"; urgent: boolean };

/**
 * Stands in for a supervisor that is another process: it ends when the gateway ends, and passes wishes on. So a
 * terminal or systemd keeps its main process through upgrades and replacements of the supervisor.
 */
export function followGateway(places: Places): Follower {
  const over = new AbortController();
  const ended = untilEnded(places).finally(() => over.abort());
  let stops = 0;
  // Each for itself: a stop waits for no reload. Not by a signal: it would end a supervisor that is only just being started.
  const pass = (wish: Wish): void => void carry(places, wish, over.signal);
  return {
    ended,
    actions: {
      stop: () => pass({ name: "stop", urgent: (stops += 1) > 1 }),
      reload: () => pass({ name: "reload" }),
    },
  };
}

function untilEnded(places: Places): Promise<number> {
  let missingSince: number | null = null;
  return new Promise<number>((resolve) => {
    const timer = setInterval(() => {
      const holder = readLock(places.supervisorLock);
      if (holder !== null && isAlive(holder)) {
        missingSince = null;
        return;
      }
      missingSince ??= Date.now();
      const stopped = holder === null && !existsSync(places.gatewayFile);
      const mayCome = Date.now() - missingSince < successorWithinMs && livingChildren(places).length > 0;
      if (!stopped && mayCome) return;
      clearInterval(timer);
      resolve(stopped ? 0 : 1);
    }, lookEveryMs);
  });
}

async function carry(places: Places, wish: Wish, over: AbortSignal): Promise<void> {
  while (!over.aborted && !(await isTaken(places, wish)))
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
}

async function isTaken(places: Places, wish: Wish): Promise<boolean> {
  try {
    await askSupervisor(places.state, wish, answerWithinMs);
    return true;
  } catch (error) {
    // Refused for another reason: heard, and the supervisor has logged why.
    if (!(error instanceof SupervisorError) || !notHeard.includes(error.code)) return true;
    // It began to stop and ended before it could say so: said once more, it would be one at once for a supervisor of an older version.
    return wish.name === "stop" && !wish.urgent && readChildren(places)?.stopping === true;
  }
}
