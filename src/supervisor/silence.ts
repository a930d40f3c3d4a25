import type { Child, Plan, Restarts } from "./plan.ts";

/** The supervisor looks after its children this often. */
export const tickEveryMs = 250;
const proxySilentMsMax = 2_000;
const controllerSilentMsMax = 10_000;
/** A controller counts as answering when it was heard within this time. */
const answeringWithinMs = 2_000;
const helloWithinMs = 15_000;
const helloWithinMsMax = 120_000;
const killAgainAfterMs = 1_000;
/** Ticks further apart than this: this process itself was stopped, or starved. */
const gapMsMax = 2 * tickEveryMs;

/**
 * What this process slept through is nobody's silence: all times move along by the pause. Without this a
 * supervisor that wakes would kill every healthy child.
 */
export function forgivePause(plan: Plan, now: number): Plan {
  const gapMs = now - plan.tickedAt;
  if (gapMs <= gapMsMax) return { ...plan, tickedAt: now };
  const pausedMs = gapMs - tickEveryMs;
  return {
    ...plan,
    tickedAt: now,
    children: plan.children.map((child) => ({
      ...child,
      bornAt: child.bornAt + pausedMs,
      heardAt: Math.min(now, child.heardAt + pausedMs),
      phase: postponed(child.phase, pausedMs),
    })),
  };
}

function postponed(phase: Child["phase"], byMs: number): Child["phase"] {
  return phase.kind === "draining" ? { ...phase, until: phase.until + byMs } : phase;
}

/** Why this child must be killed now, or null. */
export function reasonToKill(plan: Plan, child: Child, now: number): string | null {
  const silentMs = now - child.heardAt;
  switch (child.phase.kind) {
    case "killed":
      return now - child.phase.at > killAgainAfterMs ? "it has not ended yet" : null;
    case "draining":
      return now > child.phase.until ? "it did not finish in time" : null;
    case "starting":
      if (child.instance === null) return silentMs > child.helloWithinMs ? "it never said hello" : null;
      break;
    case "awaited":
    case "ready":
      break;
  }
  if (child.role === "proxy") return silentMs > proxySilentMsMax ? "it is silent" : null;
  return silentMs > controllerSilentMsMax && anotherAnswers(plan, child, now) ? "it is silent" : null;
}

/**
 * From the start of a process to its hello: twice as long after each failure in a row. Where the host is short of time, a kill throws
 * away what the start has cost so far, and the next one is no faster.
 */
export function helloWithin({ failures }: Pick<Restarts, "failures">): number {
  return Math.min(helloWithinMsMax, helloWithinMs * 2 ** failures);
}

/** The last controller that may still live is never killed: a stopped one may wake, and nothing else leads. */
function anotherAnswers(plan: Plan, silent: Child, now: number): boolean {
  return plan.children.some(
    (other) =>
      other.role === "controller" &&
      other.name !== silent.name &&
      other.phase.kind === "ready" &&
      other.connected &&
      now - other.heardAt <= answeringWithinMs,
  );
}
