import type { Effect, EvidenceKind, WorkerEvent } from "./events.ts";
import { deathBySilenceAt, neededProbe } from "./judge.ts";
import { asksAt, leaseEndsAt, sessionStands } from "./lease.ts";
import {
  type CheckFact,
  type EvidenceFact,
  type Gate,
  registryNumbers,
  type Surroundings,
  type Worker,
} from "./worker.ts";

export const noChecks: CheckFact = { failedInRow: 0, passedInRow: 0, failed: false };

/** The facts after the event; the same object when they did not change. Adds what only the event itself asks for. */
export function applyEvent(
  worker: Worker,
  event: WorkerEvent,
  around: Surroundings,
  effects: Effect[],
): Worker {
  if (worker.left && event.kind !== "tick") return worker;
  switch (event.kind) {
    case "session-opened":
      return opened(worker, event.registration, around.now);
    case "beat":
      return worker.session === "none" || worker.session === "lost"
        ? worker
        : { ...alive(worker, around.now), session: "held" };
    case "heartbeat":
      return { ...alive(worker, around.now), registration: event.registration };
    case "blocked":
      return { ...alive(worker, around.now), blocked: true };
    case "unblocked":
      return { ...alive(worker, around.now), blocked: false };
    case "session-lost":
      return sessionLost(worker, around, effects);
    case "peer-session":
      return peerSession(worker, event, around, effects);
    case "peer-gone":
      return peerGone(worker, event.peer, around);
    case "gate":
      return gated(worker, event.gate);
    case "check-passed":
      return checkPassed(worker, event.answered);
    case "check-failed":
      return checkFailed(worker, event.refused, around.now);
    case "probe-connected":
    case "probe-answered":
      return probePassed(worker, event.kind === "probe-answered", around.now);
    case "probe-refused":
      return unanswered(worker.admitted ? refused(worker, around.now) : worker);
    case "probe-silent":
      return unanswered(worker);
    case "evidence":
      return weigh(worker, event.evidence, around.now, effects);
    case "drain":
      return drain(worker, event, effects);
    case "leave":
      if (event.byPeer !== true) effects.push({ kind: "tell", what: "left" });
      return { ...worker, left: true, session: "none", peers: [] };
    case "tick":
      return tick(worker, around, effects);
  }
}

/** A sign of life renews the lease and takes back silence and death; evidence stands until a probe refutes it. */
function alive(worker: Worker, now: number): Worker {
  return { ...worker, renewedAt: now, asked: false, silence: undefined, dead: false };
}

/** Whether it is blocked it says in each session anew. */
function opened(worker: Worker, registration: Worker["registration"], now: number): Worker {
  return { ...alive(worker, now), registration, session: "held", sdk: true, blocked: false };
}

function sessionLost(worker: Worker, around: Surroundings, effects: Effect[]): Worker {
  if (worker.session === "none" || worker.session === "lost") return worker;
  const lost: Worker = { ...worker, session: "lost", blocked: worker.peers.length > 0 && worker.blocked };
  return withoutHolder(lost, around, effects);
}

function peerSession(
  worker: Worker,
  event: Extract<WorkerEvent, { kind: "peer-session" }>,
  around: Surroundings,
  effects: Effect[],
): Worker {
  const others = worker.peers.filter((peer) => peer !== event.peer);
  if (event.held) {
    // A peer speaks of a worker only after its own first check passed: on one host that one need not be repeated.
    const admitted = worker.admitted || event.elsewhere !== true;
    const peers = [...others, event.peer];
    const blocked = worker.session === "held" ? worker.blocked : event.blocked;
    return { ...alive(worker, around.now), peers, blocked, sdk: true, admitted };
  }
  if (others.length === worker.peers.length) return worker;
  return withoutHolder({ ...worker, peers: others }, around, effects);
}

/** A session was lost somewhere. With no other holder left, that is silence; a probe asks at once in any case. */
function withoutHolder(worker: Worker, around: Surroundings, effects: Effect[]): Worker {
  if (worker.dead) return worker;
  const held = worker.session === "held" || worker.peers.length > 0;
  if (!held && worker.drain.worker) return { ...worker, left: true };
  effects.push({ kind: "probe", how: "connect", afterMs: 0 });
  if (held || worker.silence !== undefined) return worker;
  // We were paused ourselves, and the worker may have ended the session for it: it has a lease to come back.
  if (around.now - around.freshAt < registryNumbers.wokenMs) return { ...worker, renewedAt: around.now };
  return silenced(worker, "session-lost", around, effects);
}

function silenced(
  worker: Worker,
  silence: "session-lost" | "lease-expired",
  around: Surroundings,
  effects: Effect[],
): Worker {
  const counts = worker.state.kind === "live";
  if (counts && !around.mayEvict) {
    effects.push({ kind: "denied" });
    return worker;
  }
  if (counts) effects.push({ kind: "evicted" });
  return { ...worker, silence };
}

function peerGone(worker: Worker, gone: string, around: Surroundings): Worker {
  if (!worker.peers.includes(gone)) return worker;
  const peers = worker.peers.filter((peer) => peer !== gone);
  const held = worker.session === "held" || peers.length > 0;
  // Nothing speaks against the worker: it has one lease to come here.
  return held ? { ...worker, peers } : { ...worker, peers, blocked: false, renewedAt: around.now };
}

function gated(worker: Worker, gate: Gate): Worker {
  const admitted = worker.admitted || gate.kind === "open";
  return { ...worker, gate, admitted, checks: gate.kind === "checked" ? worker.checks : noChecks };
}

function checkPassed(worker: Worker, answered: boolean): Worker {
  const { checks, gate } = worker;
  const passedInRow = checks.passedInRow + 1;
  const rise = gate.kind === "checked" ? gate.rise : 1;
  const failed = checks.failed && passedInRow < rise;
  const better = refute(worker, answered);
  const dead = worker.origin === "configured" ? false : worker.dead;
  return { ...better, admitted: true, dead, checks: { failedInRow: 0, passedInRow, failed } };
}

function checkFailed(worker: Worker, wasRefused: boolean, now: number): Worker {
  const failedInRow = worker.checks.failedInRow + 1;
  const fall = worker.gate.kind === "checked" ? worker.gate.fall : 1;
  const failed = worker.checks.failed || failedInRow >= fall;
  const changed: Worker = { ...worker, checks: { failedInRow, passedInRow: 0, failed } };
  return wasRefused && worker.admitted ? refused(changed, now) : changed;
}

/** An answer is a sign of life where the session itself stands: another process would have ended it. */
function probePassed(worker: Worker, answered: boolean, now: number): Worker {
  if (answered && worker.asked && sessionStands(worker) && !worker.dead)
    return { ...alive(refute(worker, true), now), session: "held", probesFailed: 0 };
  const better = refute(worker, answered);
  return better === worker ? unanswered(worker) : better;
}

/**
 * A successful connect refutes a refusal, an answered byte a stall as well. Of a configured worker it takes back silence and
 * death too: it needs no session, and who listens again is none of those that fell silent.
 */
function refute(worker: Worker, answered: boolean): Worker {
  const cause = worker.evidence?.cause;
  if (cause !== "refused" && !(cause === "stalled" && answered)) return worker;
  const better: Worker = { ...worker, evidence: undefined, probesFailed: 0 };
  return worker.origin === "configured" && cause === "refused"
    ? { ...better, dead: false, silence: undefined }
    : better;
}

/** Counts a probe that did not bring the worker back, while one could. */
function unanswered(worker: Worker): Worker {
  return neededProbe(worker) === undefined ? worker : { ...worker, probesFailed: worker.probesFailed + 1 };
}

function refused(worker: Worker, now: number): Worker {
  if (worker.evidence?.cause === "refused") return worker;
  return { ...worker, evidence: { cause: "refused", since: now } };
}

/**
 * What a proxy saw. A reset alone is no proof: one handler may destroy its connection; so it only asks for a probe
 * at once, which a dead worker refuses within a millisecond.
 */
function weigh(worker: Worker, evidence: EvidenceKind, now: number, effects: Effect[]): Worker {
  switch (evidence) {
    case "refused":
      return { ...refused(worker, now) };
    case "reset":
      effects.push({ kind: "probe", how: "connect", afterMs: 0 });
      return worker;
    case "stalled":
      return soft(worker, { cause: "stalled", since: now });
    case "silent":
      if (worker.session === "held" && !worker.blocked && worker.evidence === undefined) {
        effects.push({ kind: "ping" });
      }
      return worker;
    case "connect-timeout":
    case "failing":
      return soft(worker, { cause: "failing", since: now });
    case "answered":
      return worker.evidence === undefined ? worker : { ...worker, evidence: undefined, probesFailed: 0 };
  }
}

/** Stronger evidence stays: refused before stalled before failing. */
function soft(worker: Worker, evidence: EvidenceFact): Worker {
  const stands = worker.evidence?.cause;
  if (stands === "refused" || (stands === "stalled" && evidence.cause === "failing")) return worker;
  if (stands === evidence.cause && stands === "stalled") return worker;
  return { ...worker, evidence };
}

function drain(worker: Worker, event: Extract<WorkerEvent, { kind: "drain" }>, effects: Effect[]): Worker {
  const { by, on } = event;
  if (worker.drain[by] === on) return worker;
  if (by === "worker" && on && event.byPeer !== true) effects.push({ kind: "tell", what: "draining" });
  return { ...worker, drain: { ...worker.drain, [by]: on } };
}

/** Time passed. Silence is judged only here and where a session is lost. */
function tick(worker: Worker, around: Surroundings, effects: Effect[]): Worker {
  const { now } = around;
  if (worker.left || worker.dead) {
    const over = worker.origin === "joined" && now >= worker.stateSince + registryNumbers.visibleMs;
    if (over) effects.push({ kind: "forget" });
    return worker;
  }
  const { evidence } = worker;
  const faded = evidence?.cause === "failing" && now >= evidence.since + registryNumbers.failingMs;
  const current: Worker = faded ? { ...worker, evidence: undefined } : { ...worker };
  if (worker.origin === "configured") return giveUpConfigured(current, now);
  const leaseEnd = leaseEndsAt(worker, around.freshAt);
  if (now < leaseEnd && now < asksAt(current, around.freshAt)) return current;
  if (now < leaseEnd) {
    effects.push({ kind: "probe", how: "answer", afterMs: 0 });
    return { ...current, asked: true };
  }
  return leaseOver(current, leaseEnd, around, effects);
}

function giveUpConfigured(worker: Worker, now: number): Worker {
  const { evidence } = worker;
  const over = evidence?.cause === "refused" && now >= evidence.since + registryNumbers.configuredDeadAfterMs;
  return over ? { ...worker, dead: true } : worker;
}

function leaseOver(worker: Worker, leaseEnd: number, around: Surroundings, effects: Effect[]): Worker {
  const session = worker.session === "held" ? "silent" : worker.session;
  const current: Worker = { ...worker, session };
  if (worker.peers.length > 0) return current;
  if (worker.drain.worker) return { ...current, left: true };
  if (worker.evidence?.cause === "refused" || !worker.admitted) return { ...current, dead: true };
  if (worker.silence === undefined) {
    effects.push({ kind: "probe", how: "connect", afterMs: 0 });
    return silenced(current, "lease-expired", around, effects);
  }
  const over = around.now >= deathBySilenceAt(worker, leaseEnd);
  return over && around.othersLive ? { ...current, dead: true } : current;
}
