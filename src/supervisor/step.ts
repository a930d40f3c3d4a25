import { exitCodes } from "../protocol/supervision.ts";
import {
  activeOf,
  type Child,
  childNamed,
  type Effect,
  type Event,
  type Plan,
  vacate,
  withChild,
} from "./plan.ts";
import { drainFrame, draining, drainOne, reconcile, rollFailed } from "./reconcile.ts";
import { afterEnd, afterProof, provedAfterMs } from "./restarts.ts";
import { forgivePause, helloWithin, reasonToKill } from "./silence.ts";
import { windDown } from "./wind-down.ts";

const exitAfterDrainedMs = 2_000;

type End = Pick<Event & { t: "exited" }, "code" | "signal">;

/** The supervisor's whole judgement: what happened, and what to do now. */
export function step(plan: Plan, event: Event, now: number): { plan: Plan; effects: Effect[] } {
  const out: Effect[] = [];
  let next = apply(plan, event, out, now);
  next = leaveForRepair(next, out, now);
  next = reconcile(next, out, now);
  return { plan: windDown(next, out, now), effects: out };
}

function apply(plan: Plan, event: Event, out: Effect[], now: number): Plan {
  switch (event.t) {
    case "tick":
      return look(forgivePause(plan, now), out, now);
    case "spawned":
      return withChild(plan, event.name, (child) => ({ ...child, identity: event.identity }));
    case "hello":
      return greet(plan, event, out, now);
    case "ready":
      return heard(plan, event.name, now, (child) =>
        child.phase.kind === "starting" ? { ...child, phase: { kind: "ready", since: now } } : child,
      );
    case "pong":
      return heard({ ...plan, termSeen: Math.max(plan.termSeen, event.term) }, event.name, now, (child) => ({
        ...child,
        term: event.term,
        leader: event.leader && child.phase.kind !== "draining",
      }));
    case "leaving":
      return leave(plan, event.name, out, now);
    case "drained":
      return heard(plan, event.name, now, (child) => ({
        ...child,
        phase: { kind: "draining", until: now + exitAfterDrainedMs },
      }));
    case "disconnected":
      return withChild(plan, event.name, (child) => ({ ...child, connected: false }));
    case "exited":
      return bury(plan, event, out, now);
    case "repaired":
      return afterRepair(plan, event.error, out, now);
    case "want":
      return wish(plan, event);
    case "stop":
      return hurry({ ...plan, mode: { kind: "stopping", urgent: event.urgent } }, out, now);
  }
}

/** Somebody has sent it a signal. It is replaced at its word, and counted as if it had ended: who is sent one again and again is no start. */
function leave(plan: Plan, name: string, out: Effect[], now: number): Plan {
  const child = childNamed(plan, name);
  const next = heard(plan, name, now, (it) => it);
  if (child === undefined || child.phase.kind === "draining" || child.phase.kind === "killed") return next;
  const left = withChild(next, name, (it) => draining(it, now));
  if (plan.mode.kind !== "running") return left;
  return countEnd(left, child, { code: null, signal: "SIGTERM" }, out, now);
}

/** Who is leaving already waits for idle clients no longer. */
function hurry(plan: Plan, out: Effect[], now: number): Plan {
  const leaving = plan.children.filter(({ phase }) => phase.kind === "draining");
  return leaving.reduce((next, child) => drainOne(next, child, out, now), plan);
}

function heard(plan: Plan, name: string, now: number, change: (child: Child) => Child): Plan {
  return withChild(plan, name, (child) => change({ ...child, heardAt: now }));
}

/** Time has passed: who is silent, who has proved itself. */
function look(plan: Plan, out: Effect[], now: number): Plan {
  let next = plan;
  for (const child of plan.children) {
    const reason = reasonToKill(next, child, now);
    if (reason !== null) next = kill(next, child, reason, out, now);
  }
  for (const role of ["proxy", "controller"] as const) {
    const restarts = next.restarts[role];
    const proved = activeOf(next, role).some((child) => child.bornAt > restarts.failedAt && hasProved(child));
    if (restarts.failures > 0 && proved) {
      next = { ...next, restarts: { ...next.restarts, [role]: afterProof(restarts) } };
    }
  }
  return next;
}

function kill(plan: Plan, child: Child, reason: string, out: Effect[], now: number): Plan {
  const fields = { child: child.name, childPid: child.identity?.pid, reason };
  out.push(
    { do: "say", level: "warn", message: "a process is killed", fields },
    { do: "kill", name: child.name },
  );
  const killed = withChild(plan, child.name, (it) => ({
    ...it,
    leader: false,
    phase: { kind: "killed", at: now },
  }));
  // Replaced from now on, not only when it has ended. Who was leaving, or is killed once more, leaves no place.
  const planned = child.phase.kind === "draining" || plan.mode.kind === "stopping";
  if (planned || child.phase.kind === "killed") return killed;
  return countEnd(killed, child, { code: null, signal: "SIGKILL" }, out, now);
}

/**
 * It did its work for long enough. Silence is no work: who hangs as soon as it is ready has proved nothing. Who lived under the
 * supervisor before this one was not started in vain.
 */
function hasProved(child: Child): boolean {
  if (child.phase.kind === "awaited") return true;
  return child.phase.kind === "ready" && child.heardAt - child.phase.since >= provedAfterMs;
}

/** A child of this supervisor, one of the supervisor before, or one that nobody knows: it stays if there is room. */
function greet(plan: Plan, hello: Event & { t: "hello" }, out: Effect[], now: number): Plan {
  const { role, name, epoch, identity, instance, version } = hello;
  const told = { identity, instance, version, connected: true, heardAt: now };
  const known = childNamed(plan, name);
  if (known === undefined) {
    const child: Child = {
      role,
      name,
      epoch,
      bornAt: now,
      helloWithinMs: helloWithin(plan.restarts[role]),
      restarts: 0,
      term: 0,
      leader: false,
      phase: { kind: "starting" },
      ...told,
    };
    return { ...plan, children: [...plan.children, child] };
  }
  if (known.phase.kind === "draining") {
    out.push({ do: "send", name, frame: drainFrame(plan, Math.max(0, known.phase.until - now)) });
  }
  return withChild(plan, name, (child) => ({
    ...child,
    ...told,
    // What it is ready for it says next.
    phase: child.phase.kind === "awaited" ? { kind: "starting" } : child.phase,
  }));
}

function bury(plan: Plan, end: Event & { t: "exited" }, out: Effect[], now: number): Plan {
  const child = childNamed(plan, end.name);
  if (child === undefined) return plan;
  const remaining: Plan = { ...plan, children: plan.children.filter(({ name }) => name !== end.name) };
  if (child.role === "controller") tellExit(remaining, child, out);
  if (child.phase.kind === "draining" || plan.mode.kind === "stopping") return remaining;
  if (child.role === "controller" && end.code === exitCodes.storeCorrupt) {
    const message = "a controller found the store damaged: all controllers leave, then it is repaired";
    out.push({ do: "say", level: "error", message, fields: { child: end.name } });
    return plan.store.kind === "sound" ? { ...remaining, store: { kind: "controllers-leaving" } } : remaining;
  }
  // A killed one was counted when it was killed.
  if (child.phase.kind === "killed") return remaining;
  return countEnd(remaining, child, { code: end.code, signal: end.signal }, out, now);
}

/** A standby may take over at once instead of waiting until the leader's beat is late. */
function tellExit(plan: Plan, gone: Child, out: Effect[]): void {
  if (gone.instance === null) return;
  for (const { role, name, connected } of plan.children) {
    if (role !== "controller" || !connected) continue;
    out.push({
      do: "send",
      name,
      frame: { t: "controller-exited", name: gone.name, instance: gone.instance },
    });
  }
}

/** How an unplanned end counts: at the end itself, or when it is brought about. */
function countEnd(plan: Plan, child: Child, end: End, out: Effect[], now: number): Plan {
  const { role, name } = child;
  const proved = hasProved(child);
  const othersReady = activeOf(plan, role).some(({ phase }) => phase.kind === "ready");
  const { restarts, gaveUp, delayMs } = afterEnd(plan.restarts[role], { proved, othersReady }, now);
  const fields = { child: name, ...end, failures: restarts.failures, delayMs };
  out.push({ do: "say", level: "warn", message: "a process ended and is replaced", fields });
  if (gaveUp) {
    const message = `no ${role} stays up: see its messages above; it is tried again now and then, for ever`;
    out.push({ do: "say", level: "error", message, fields });
  }
  const next: Plan = vacate({ ...plan, restarts: { ...plan.restarts, [role]: restarts } }, child);
  const wasRolledIn = !proved && activeOf(plan, role).some(({ epoch }) => epoch < plan.epoch[role]);
  return wasRolledIn && child.epoch === plan.epoch[role] ? rollFailed(next, `${name} ended`, out) : next;
}

/** Nobody may hold the store open while it is replaced. */
function leaveForRepair(plan: Plan, out: Effect[], now: number): Plan {
  if (plan.store.kind !== "controllers-leaving" || plan.mode.kind !== "running") return plan;
  const controllers = plan.children.filter(({ role }) => role === "controller");
  if (controllers.length === 0) {
    out.push({ do: "repair", termFloor: plan.termSeen });
    return { ...plan, store: { kind: "repairing" } };
  }
  return activeOf(plan, "controller").reduce((next, child) => drainOne(next, child, out, now), plan);
}

function afterRepair(plan: Plan, error: string | null, out: Effect[], now: number): Plan {
  const next: Plan = { ...plan, store: { kind: "sound" } };
  if (error === null) {
    out.push({ do: "say", level: "warn", message: "the store is repaired", fields: {} });
    return next;
  }
  out.push({ do: "say", level: "error", message: "the store could not be repaired", fields: { error } });
  const { restarts } = afterEnd(plan.restarts.controller, { proved: false, othersReady: false }, now);
  return { ...next, restarts: { ...plan.restarts, controller: restarts } };
}

function wish(plan: Plan, { want, roll }: Event & { t: "want" }): Plan {
  const epoch = { ...plan.epoch };
  const restarts = { ...plan.restarts };
  for (const role of roll) epoch[role] += 1;
  // The operator has changed something: what failed before may work now.
  for (const role of ["proxy", "controller"] as const) restarts[role] = afterProof(restarts[role]);
  return { ...plan, want, epoch, restarts, roll: { failures: 0, failed: null } };
}
