import { atTime, type LocalHealth, newHealth, strengthOf, trialOf } from "./health.ts";

/** What the routing table says of a worker (`TableWorkerState` fits). */
export type TableState =
  | { readonly kind: "live" }
  | { readonly kind: "suspect"; readonly cause: string; readonly strength: "hard" | "soft" }
  | { readonly kind: "draining" };

/** A worker as one proxy sees it. */
export interface HealthView {
  readonly state: TableState;
  readonly health: LocalHealth;
}

export interface Eligibility<Worker> {
  /** May get any request. */
  readonly workers: readonly Worker[];
  /** May get one request (that may be repeated) or a probe, to learn whether they are back: see `trialOf`. */
  readonly trials: readonly Worker[];
  /** Under half of the service is left: soft evidence does not count. */
  readonly panic: boolean;
  /** The answer may be another one from then on, without any new evidence. */
  readonly changesAt: number;
}

type Grade =
  /** Not a member: it leaves, or was never checked. */
  | "apart"
  | "live"
  | "soft"
  /** Soft, but known to answer nothing now: stalled or blocked. */
  | "mute"
  | "hard";

const softShareMax = 0.5;
const panicBelow = 0.5;

/**
 * Who may be chosen, from the table's state and first-hand evidence; the worse of the two counts. Three rules keep
 * mistaken evidence from emptying a service:
 * - soft evidence takes out at most half of the members: those beyond, the latest first, stay in;
 * - still under half live, by hard evidence (panic): soft evidence is overridden, but nothing is sent to the mute;
 * - nobody left: the mute are tried after all. Hard evidence is never overridden.
 */
export function eligible<Worker extends HealthView>(
  views: readonly Worker[],
  now: number,
): Eligibility<Worker> {
  const live: Worker[] = [];
  const soft: Worker[] = [];
  const mute: Worker[] = [];
  const trials: Worker[] = [];
  let members = 0;
  let changesAt = Number.POSITIVE_INFINITY;
  for (const view of views) {
    const grade = gradeOf(view);
    if (grade !== "apart") members += 1;
    if (grade === "live") live.push(view);
    if (grade === "soft") soft.push(view);
    if (grade === "mute") mute.push(view);
    if (grade === "apart") continue;
    if (view.health.kind === "out" && view.health.until > now) {
      changesAt = Math.min(changesAt, view.health.until);
    }
    if (trialOf(atTime(view.health, now)) !== undefined) trials.push(view);
  }
  const kept = beyondTheShare(soft, mute, members);
  const panic = live.length + kept.length < members * panicBelow;
  const workers = [...live, ...(panic ? soft : kept)];
  return { workers: workers.length > 0 ? workers : mute, trials, panic, changesAt };
}

/** What news of the table mean for first-hand evidence. Only a *change* of the table is news. */
export function afterTable(
  health: LocalHealth,
  before: TableState | undefined,
  after: TableState,
  now: number,
): LocalHealth {
  const back = before?.kind === "suspect" && after.kind === "live";
  // The controllers have had a probe succeed or an answer seen since.
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

const canaryAfterMs = 5_000;

function gradeOf(view: HealthView): Grade {
  const { state, health } = view;
  if (state.kind === "draining") return "apart";
  if (state.kind === "suspect" && state.cause === "not-checked") return "apart";
  const locally = localGrade(health);
  if (state.kind === "live" || locally === "hard") return locally;
  if (state.strength === "hard") return "hard";
  return locally === "mute" || state.cause === "stalled" || state.cause === "blocked" ? "mute" : "soft";
}

function localGrade(health: LocalHealth): Grade {
  if (health.kind === "ok") return "live";
  if (strengthOf(health.cause) === "hard") return "hard";
  return health.cause === "stalled" ? "mute" : "soft";
}

/** Of those softly out, the ones that exceed the share which soft evidence may take. */
function beyondTheShare<Worker extends HealthView>(
  soft: readonly Worker[],
  mute: readonly Worker[],
  members: number,
): Worker[] {
  const takes = Math.max(0, Math.floor(members * softShareMax) - mute.length);
  return soft.toSorted((left, right) => outSince(left) - outSince(right)).slice(takes);
}

function outSince(view: HealthView): number {
  return view.health.kind === "ok" ? Number.NEGATIVE_INFINITY : view.health.since;
}
