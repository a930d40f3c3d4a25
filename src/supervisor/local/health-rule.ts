/**
 * Is the program well? Decided from its checks, one after the other.
 *
 *   starting --passed--> well --3 failures in a row--> unwell --passed--> well
 *
 * After a first failure the next check comes sooner: a real fault is seen within a second and a half, and one lost
 * answer is none.
 */
export interface Health {
  kind: "starting" | "well" | "unwell";
  failures: number;
}

export const healthNumbers = {
  startingEveryMs: 100,
  /** Five seconds where nobody listens. */
  startingFailuresTold: 50,
  everyMs: 1000,
  doubtEveryMs: 250,
  fall: 3,
  timeoutMs: 1000,
} as const;

export const startHealth: Health = { kind: "starting", failures: 0 };

export function afterCheck(health: Health, passed: boolean): Health {
  if (passed) return { kind: "well", failures: 0 };
  const failures = health.failures + 1;
  if (health.kind === "well" && failures >= healthNumbers.fall) return { kind: "unwell", failures };
  return { kind: health.kind, failures };
}

/** Once in each life: it may look for its port elsewhere, and nobody would know. */
export function isLate({ kind, failures }: Health): boolean {
  return kind === "starting" && failures === healthNumbers.startingFailuresTold;
}

export function nextCheckMs(health: Health): number {
  if (health.kind === "starting") return healthNumbers.startingEveryMs;
  return health.failures > 0 ? healthNumbers.doubtEveryMs : healthNumbers.everyMs;
}
