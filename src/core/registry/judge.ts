import { asksAt, leaseEndsAt, sessionStands } from "./lease.ts";
import { registryNumbers, type Worker, type WorkerState } from "./worker.ts";

/**
 * The state that follows from the facts; the first line that applies. Hard evidence comes before a drain, a drain
 * before soft evidence; what is known to answer nothing (stalled, blocked) before what is only silent.
 */
export function judge(worker: Worker, now: number): WorkerState {
  const { evidence, drain } = worker;
  if (worker.left) return { kind: "left" };
  if (worker.dead) return { kind: "dead" };
  if (!worker.admitted) return { kind: "suspect", cause: "not-checked", strength: "hard" };
  // Who leaves by itself stops listening: that is no news.
  if (drain.worker) return { kind: "draining" };
  if (evidence?.cause === "refused") return { kind: "suspect", cause: "refused", strength: "hard" };
  if (drain.operator) return { kind: "draining" };
  if (evidence?.cause === "stalled") return { kind: "suspect", cause: "stalled", strength: "soft" };
  if (worker.blocked) return { kind: "suspect", cause: "blocked", strength: "soft" };
  if (worker.silence !== undefined) return { kind: "suspect", cause: worker.silence, strength: "soft" };
  if (checksGoOn(worker) && worker.checks.failed)
    return { kind: "suspect", cause: "check-failed", strength: "soft" };
  if (evidence !== undefined) return { kind: "suspect", cause: evidence.cause, strength: "soft" };
  if (worker.flaps.heldUntil > now) return { kind: "suspect", cause: "held", strength: "soft" };
  return { kind: "live" };
}

export function sameState(one: WorkerState, other: WorkerState): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind !== "suspect" || other.kind !== "suspect") return true;
  return one.cause === other.cause && one.strength === other.strength;
}

/** After the first one too: no session watches over it. Where they do not, what they found before is no news. */
export function checksGoOn(worker: Worker): boolean {
  return worker.gate.kind === "checked" && !worker.sdk;
}

/**
 * Which probe could tell more about this worker, if any. One whose session is lost everywhere is asked even while
 * self-preservation keeps it: a killed process may still have accepted the first probe while it was torn down.
 */
export function neededProbe(worker: Worker): "connect" | "answer" | undefined {
  if (worker.left || worker.dead || !worker.admitted) return undefined;
  if (worker.evidence?.cause === "stalled") return "answer";
  if (worker.asked && sessionStands(worker) && worker.evidence === undefined) return "answer";
  const lost = worker.session === "lost" && worker.peers.length === 0;
  if (worker.evidence?.cause === "refused" || lost || worker.silence === "session-lost") return "connect";
  return undefined;
}

export function probeDelayMs(worker: Worker): number {
  const { probeFirstMs, probeAfterLossMs, probeMsMax } = registryNumbers;
  const tries = Math.min(worker.probesFailed, 10);
  if (worker.evidence !== undefined) return Math.min(probeFirstMs * 2 ** tries, probeMsMax);
  return tries <= 1 ? probeAfterLossMs : Math.min(probeFirstMs * 2 ** (tries - 2), probeMsMax);
}

/** When time alone may next change something about this worker: a `tick` is due then. */
export function tickDueAt(worker: Worker, freshAt: number): number {
  const { visibleMs, configuredDeadAfterMs, failingMs } = registryNumbers;
  const never = Number.POSITIVE_INFINITY;
  if (worker.left || worker.dead) {
    return worker.origin === "configured" ? never : worker.stateSince + visibleMs;
  }
  const { evidence } = worker;
  const fadesAt = evidence?.cause === "failing" ? evidence.since + failingMs : never;
  const heldUntil = worker.state.kind === "suspect" ? worker.flaps.heldUntil : 0;
  const givenUpAt =
    worker.origin === "configured" && evidence?.cause === "refused"
      ? evidence.since + configuredDeadAfterMs
      : never;
  const silentAt = silenceDueAt(worker, freshAt);
  return Math.min(
    fadesAt,
    heldUntil > 0 ? Math.max(heldUntil, worker.stateSince) : never,
    givenUpAt,
    silentAt,
    asksAt(worker, freshAt),
  );
}

function silenceDueAt(worker: Worker, freshAt: number): number {
  const leaseEnd = leaseEndsAt(worker, freshAt);
  if (worker.peers.length > 0 && worker.session !== "held") return Number.POSITIVE_INFINITY;
  return worker.silence === undefined || worker.evidence?.cause === "refused"
    ? leaseEnd
    : deathBySilenceAt(worker, leaseEnd);
}

/** A worker out by silence alone is given up one more lease later, at least 10 s. */
export function deathBySilenceAt(worker: Worker, leaseEnd: number): number {
  return leaseEnd + Math.max(worker.registration.ttlMs, registryNumbers.configuredDeadAfterMs);
}
