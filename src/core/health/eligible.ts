import type { HealthView, TableState } from "./grade.ts";
import { type LocalHealth, newHealth } from "./health.ts";
import { Roster } from "./roster.ts";

/** Who of these workers of one service may be chosen, in the order given: see `Roster`. */
export function eligible<Worker extends HealthView>(views: readonly Worker[]): Worker[] {
  const chosen = new Set<Worker>();
  const roster = new Roster<Worker>({
    add: (view) => void chosen.add(view),
    remove: (view) => void chosen.delete(view),
  });
  for (const view of views) roster.set(view);
  return views.filter((view) => chosen.has(view));
}

/** What news of the table mean for first-hand evidence. Only a *change* of the table is news. */
export function afterTable(
  health: LocalHealth,
  before: TableState | undefined,
  after: TableState,
  now: number,
): LocalHealth {
  const back = isBack(before, after) && before.cause !== "failing";
  // The controllers have had a probe succeed or an answer seen since; `failing` fades there by time, which proves nothing.
  if (back && health.kind !== "ok") return newHealth(now, health.ejections);
  const stalled = after.kind === "suspect" && after.cause === "stalled";
  const news = before?.kind !== "suspect" || before.cause !== "stalled";
  // Another proxy saw it stall. Each proxy sends canaries of its own: the one that saw it may be gone.
  if (stalled && news && health.kind === "ok") {
    return {
      kind: "out",
      cause: "stalled",
      since: now,
      until: now + canaryAfterMs,
      ejections: health.ejections,
    };
  }
  return health;
}

/** What was said against it holds no more at the controllers. */
export function isBack(
  before: TableState | undefined,
  after: TableState,
): before is TableState & { kind: "suspect" } {
  return before?.kind === "suspect" && after.kind === "live";
}

const canaryAfterMs = 5_000;
