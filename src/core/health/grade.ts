import { type LocalHealth, strengthOf } from "./health.ts";

/** What the routing table says of a worker (`TableWorkerState` fits). */
export type TableState =
  | { readonly kind: "live" }
  | { readonly kind: "suspect"; readonly cause: string; readonly strength: "hard" | "soft" }
  | { readonly kind: "draining" };

/** A worker as one proxy sees it. */
export interface HealthView {
  readonly state: TableState;
  readonly health: LocalHealth;
  /** 0: it is parked. */
  readonly weight: number;
}

export type Grade =
  /** Not a member: it leaves, is parked, or was never checked. */
  | "apart"
  | "live"
  | "soft"
  /** Soft, but known to answer nothing now: stalled or blocked. */
  | "mute"
  | "hard";

/** The worse of what the table says and what was seen at first hand. */
export function gradeOf(view: HealthView): Grade {
  const { state, health, weight } = view;
  if (weight <= 0 || state.kind === "draining") return "apart";
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

/** When it went out by what was seen at first hand; before all times when only the table says so. */
export function outSince(view: HealthView): number {
  return view.health.kind === "ok" ? Number.NEGATIVE_INFINITY : view.health.since;
}
