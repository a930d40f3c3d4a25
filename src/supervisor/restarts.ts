import type { Restarts } from "./plan.ts";

/** A child that was ready, and answered, for this long has proved itself: its end is an accident, not a fault of the start. */
export const provedAfterMs = 2_000;
const firstDelayMs = 250;
const delayMsMax = 8_000;
/** From this many failures on: a message for the operator, and slow attempts for ever. */
const failuresBeforeGivingUp = 8;
const slowMs = 30_000;
const slowWithoutAnyMs = 5_000;

export type RestartVerdict = { restarts: Restarts; gaveUp: boolean; delayMs: number };

/** After an unplanned end. The first replacement starts at once, the next ones ever later, none never. */
export function afterEnd(
  restarts: Restarts,
  end: { proved: boolean; othersReady: boolean },
  now: number,
): RestartVerdict {
  if (end.proved) return { restarts, gaveUp: false, delayMs: Math.max(0, restarts.notBefore - now) };
  const failures = restarts.failures + 1;
  const delayMs = delayAfter(failures, end.othersReady);
  return {
    restarts: { failures, failedAt: now, notBefore: now + delayMs },
    gaveUp: failures === failuresBeforeGivingUp,
    delayMs,
  };
}

function delayAfter(failures: number, othersReady: boolean): number {
  if (failures === 1) return 0;
  if (failures >= failuresBeforeGivingUp) return othersReady ? slowMs : slowWithoutAnyMs;
  return Math.min(firstDelayMs * 2 ** (failures - 2), delayMsMax);
}

/** A child that was born after the last failure has proved itself: the fault is gone. */
export function afterProof(restarts: Restarts): Restarts {
  return { ...restarts, failures: 0, notBefore: -Infinity };
}
