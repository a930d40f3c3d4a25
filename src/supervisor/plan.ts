import type { ChildRole, SupervisorFrame } from "../protocol/supervision.ts";
import type { ProcessIdentity } from "../runtime/process-identity.ts";

/** What the supervisor knows and wants. Values only: `step` makes the next plan out of this one. */
export interface Plan {
  mode: { kind: "running" } | { kind: "stopping"; urgent: boolean };
  want: Record<ChildRole, number>;
  /** Children of a lower epoch are old: they are rolled, one by one. */
  epoch: Record<ChildRole, number>;
  children: readonly Child[];
  restarts: Record<ChildRole, Restarts>;
  /** Places whose children ended unplanned and that are not filled yet: how often each is filled anew, with the next. */
  vacancies: Record<ChildRole, readonly number[]>;
  roll: { failures: number; failed: string | null };
  store: { kind: "sound" } | { kind: "controllers-leaving" } | { kind: "repairing" };
  /** The highest term any child has told. */
  termSeen: number;
  /** Nothing is started before: living children that this supervisor does not know yet may say hello. */
  startNothingBefore: number;
  tickedAt: number;
}

/**
 * ```
 *           hello, ready                drain                     exit
 * starting --------------> ready -----------------> draining --------------> (gone)
 *    ^                      ^  \                       | time over             ^
 *    | hello                |   `---- silent ----------+------> killed --------'
 * awaited ------------------'
 * ```
 * `awaited`: lived under the supervisor before this one and has not said hello to this one yet.
 */
export type Phase =
  | { kind: "awaited" }
  | { kind: "starting" }
  | { kind: "ready"; since: number }
  | { kind: "draining"; until: number }
  | { kind: "killed"; at: number };

export interface Child {
  role: ChildRole;
  /** Unique among the children of a plan, whatever their phase. */
  name: string;
  epoch: number;
  phase: Phase;
  /** Null between the decision to start it and the start. */
  identity: ProcessIdentity | null;
  /** Null until its hello. */
  instance: string | null;
  version: string | null;
  connected: boolean;
  bornAt: number;
  /** Given at its birth: whatever another start shows meanwhile, it is not taken away. */
  helloWithinMs: number;
  /** How often its place was filled anew after an unplanned end. Whoever replaces it on purpose begins at 0. */
  restarts: number;
  /** When it last said anything; its birth or adoption counts as a word. */
  heardAt: number;
  term: number;
  leader: boolean;
}

export interface Restarts {
  /** Ends in a row before a child of this role had proved itself. */
  failures: number;
  failedAt: number;
  /** Nothing of this role is started before. */
  notBefore: number;
}

export type Event =
  | { t: "tick" }
  | { t: "spawned"; name: string; identity: ProcessIdentity }
  | {
      t: "hello";
      role: ChildRole;
      name: string;
      identity: ProcessIdentity;
      instance: string;
      version: string;
      epoch: number;
    }
  | { t: "ready"; name: string }
  | { t: "pong"; name: string; term: number; leader: boolean }
  | { t: "leaving"; name: string }
  | { t: "drained"; name: string }
  | { t: "disconnected"; name: string }
  /** `code` is null when it ended by a signal, or when it was adopted: then only its disappearance is seen. */
  | { t: "exited"; name: string; code: number | null; signal: string | null }
  | { t: "repaired"; error: string | null }
  | { t: "want"; want: Record<ChildRole, number>; roll: readonly ChildRole[] }
  | { t: "stop"; urgent: boolean };

export type Effect =
  | { do: "spawn"; role: ChildRole; name: string; epoch: number }
  | { do: "send"; name: string; frame: SupervisorFrame }
  | { do: "kill"; name: string }
  | { do: "repair"; termFloor: number }
  | { do: "say"; level: "info" | "warn" | "error"; message: string; fields: Record<string, unknown> }
  /** The gateway has ended: every child is gone. */
  | { do: "finish" };

/** Living children that are to stay: they fill the places that `want` asks for. */
export function activeOf(plan: Plan, role: ChildRole): Child[] {
  return plan.children.filter(
    ({ role: its, phase }) => its === role && phase.kind !== "draining" && phase.kind !== "killed",
  );
}

export function childNamed(plan: Plan, name: string): Child | undefined {
  return plan.children.find((child) => child.name === name);
}

export function withChild(plan: Plan, name: string, change: (child: Child) => Child): Plan {
  return { ...plan, children: plan.children.map((child) => (child.name === name ? change(child) : child)) };
}

/** The lowest number that no child bears, living or dying. */
export function freeName(plan: Plan, role: ChildRole): string {
  for (let n = 1; ; n += 1) {
    const name = `${role}-${n}`;
    if (childNamed(plan, name) === undefined) return name;
  }
}

/** Its end was not planned: the next child of its role takes its place. */
export function vacate(plan: Plan, { role, restarts }: Child): Plan {
  return { ...plan, vacancies: { ...plan.vacancies, [role]: [...plan.vacancies[role], restarts + 1] } };
}

export function startPlan(now: number, known: Partial<Plan> & Pick<Plan, "want">): Plan {
  const unproved: Restarts = { failures: 0, failedAt: -Infinity, notBefore: -Infinity };
  return {
    mode: { kind: "running" },
    epoch: { proxy: 1, controller: 1 },
    children: [],
    restarts: { proxy: unproved, controller: unproved },
    vacancies: { proxy: [], controller: [] },
    roll: { failures: 0, failed: null },
    store: { kind: "sound" },
    termSeen: 0,
    startNothingBefore: -Infinity,
    tickedAt: now,
    ...known,
  };
}
