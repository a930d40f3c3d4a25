import type { ChildRole, SupervisorFrame } from "../protocol/supervision.ts";
import { activeOf, type Child, type Effect, freeName, type Plan, withChild } from "./plan.ts";
import { helloWithin } from "./silence.ts";

/** A proxy finishes what is in flight; a controller has little to finish: it resigns and goes. */
const drainWithinMs: Record<ChildRole, number> = { proxy: 30_000, controller: 5_000 };
/** The process itself cuts off what is late; this is how long it may take to end after that. */
const exitGraceMs = 2_000;
const idleMsWhenStopping = 500;
const idleMsWhenReplaced = 28_000;
/** A new process of a roll that is not ready by then has failed. */
const rollReadyWithinMs = 30_000;
const rollFailuresMax = 3;

/** Brings the children nearer to what is wanted. Called after every event; without need it does nothing. */
export function reconcile(plan: Plan, out: Effect[], now: number): Plan {
  if (plan.mode.kind !== "running" || now < plan.startNothingBefore) return plan;
  let next = plan;
  if (next.store.kind === "sound") next = reconcileRole(next, "controller", out, now);
  // Old proxies wait until the controllers are new: a proxy should meet controllers of its own version.
  const controllersRolling = next.roll.failed === null && oldOf(next, "controller").length > 0;
  return reconcileRole(next, "proxy", out, now, controllersRolling);
}

function reconcileRole(plan: Plan, role: ChildRole, out: Effect[], now: number, holdRoll = false): Plan {
  const active = activeOf(plan, role);
  const missing = plan.want[role] - active.length;
  if (missing > 0) return now < plan.restarts[role].notBefore ? plan : spawn(plan, role, missing, out, now);
  const old = holdRoll || plan.roll.failed !== null ? [] : oldOf(plan, role);
  if (old.length > 0) return rollOne(plan, role, old, out, now);
  return missing === 0 ? plan : drainSurplus(plan, active, -missing, out, now);
}

function oldOf(plan: Plan, role: ChildRole): Child[] {
  return activeOf(plan, role).filter(({ epoch }) => epoch < plan.epoch[role]);
}

/** One more than wanted while rolling: the new one must be ready before an old one goes. */
function rollOne(plan: Plan, role: ChildRole, old: Child[], out: Effect[], now: number): Plan {
  const active = activeOf(plan, role);
  const fresh = active.filter(({ epoch }) => epoch >= plan.epoch[role]);
  const late = fresh.find(
    ({ phase, bornAt }) => phase.kind === "starting" && now - bornAt > rollReadyWithinMs,
  );
  if (late !== undefined)
    return drainOne(rollFailed(plan, `${late.name} did not become ready`, out), late, out, now);
  if (fresh.some(({ phase }) => phase.kind !== "ready")) return plan;
  if (active.length > plan.want[role]) return drainOne(plan, leaderLast(old)[0] as Child, out, now);
  return now < plan.restarts[role].notBefore ? plan : spawn(plan, role, 1, out, now);
}

/** A new process of a roll has ended or is late. After some tries the roll stops and the old ones stay. */
export function rollFailed(plan: Plan, why: string, out: Effect[]): Plan {
  const failures = plan.roll.failures + 1;
  const failed = failures < rollFailuresMax ? null : `${why}; the processes that run stay as they are`;
  if (failed !== null)
    out.push({ do: "say", level: "error", message: "the roll has failed", fields: { why } });
  return { ...plan, roll: { failures, failed } };
}

function spawn(plan: Plan, role: ChildRole, count: number, out: Effect[], now: number): Plan {
  let next = plan;
  for (let n = 0; n < count; n += 1) {
    const name = freeName(next, role);
    const epoch = plan.epoch[role];
    const [restarts = 0, ...vacant] = next.vacancies[role];
    out.push({ do: "spawn", role, name, epoch });
    next = {
      ...next,
      children: [...next.children, { ...newborn(plan, role, name, now), restarts }],
      vacancies: { ...next.vacancies, [role]: vacant },
    };
  }
  return next;
}

function newborn(plan: Plan, role: ChildRole, name: string, now: number): Child {
  return {
    role,
    name,
    epoch: plan.epoch[role],
    phase: { kind: "starting" },
    identity: null,
    instance: null,
    version: null,
    connected: false,
    bornAt: now,
    helloWithinMs: helloWithin(plan.restarts[role]),
    restarts: 0,
    heardAt: now,
    term: 0,
    leader: false,
  };
}

/** Only as many as leave the wanted number of ready ones; what is not ready yet goes first. */
function drainSurplus(plan: Plan, active: Child[], surplus: number, out: Effect[], now: number): Plan {
  const byWorth = [...leaderLast(active)].sort((a, b) => readiness(a) - readiness(b));
  return byWorth.slice(0, surplus).reduce((next, child) => drainOne(next, child, out, now), plan);
}

const readiness = (child: Child): number => (child.phase.kind === "ready" ? 1 : 0);

/** The youngest first; the leader last, so that leadership moves at most once. */
function leaderLast(children: readonly Child[]): Child[] {
  return [...children].sort((a, b) => Number(a.leader) - Number(b.leader) || b.bornAt - a.bornAt);
}

/**
 * While others serve there is time until every client has sent its next request or gone; when the gateway ends, only
 * requests that are already on their way are waited for.
 */
export function drainFrame(plan: Plan, withinMs: number): SupervisorFrame {
  const idleMs = plan.mode.kind === "stopping" ? idleMsWhenStopping : idleMsWhenReplaced;
  return { t: "drain", withinMs, idleMs: Math.min(withinMs, idleMs) };
}

export function drainOne(plan: Plan, child: Child, out: Effect[], now: number): Plan {
  out.push({ do: "send", name: child.name, frame: drainFrame(plan, drainWithinMs[child.role]) });
  return withChild(plan, child.name, (it) => draining(it, now));
}

/** Its place is free from now on. */
export function draining(child: Child, now: number): Child {
  const until = now + drainWithinMs[child.role] + exitGraceMs;
  return { ...child, leader: false, phase: { kind: "draining", until } };
}
