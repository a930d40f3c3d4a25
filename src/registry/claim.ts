import { judgeClaim, type Past, type Verdict } from "../core/registry/generation.ts";
import type { Registration, Worker } from "../core/registry/worker.ts";
import { SkeinError } from "../protocol/error.ts";
import type { PeerWorker } from "../protocol/peer.ts";
import type { Entry } from "./entry.ts";

/** Who asks to be registered: everything of a registration, but the generation may be open. */
export type Claimant = Omit<PeerWorker, "generation" | "ttlMs"> & {
  generation?: number;
  /** Unset: as long as the usual lease. */
  ttlMs?: number;
};

/** What a worker is told when it is registered. */
export interface Accepted {
  generation: number;
  /** Of a session. */
  begunAtMs?: number;
  ttlMs: number;
  heartbeatEveryMs: number;
  desired: "serve" | "drain";
}

export function acceptedOf({ worker }: Entry, heartbeatEveryMs: number): Accepted {
  const { generation, ttlMs } = worker.registration;
  return { generation, ttlMs, heartbeatEveryMs, desired: worker.drain.operator ? "drain" : "serve" };
}

export function peerWorkerOf(registration: Registration): PeerWorker {
  return { ...registration, tags: [...registration.tags], metadata: { ...registration.metadata } };
}

/** What a claim registers. `goesOn`: it is of the same life as this one. Throws SkeinError when it is refused. */
export function registrationOf(
  claimant: Claimant,
  facts: {
    ttlMs: number;
    instance: string | undefined;
    byPeer: string | undefined;
    known: Entry | undefined;
    past: Past;
    /** For a life that nobody has numbered yet. */
    beginsAt: number;
  },
): { registration: Registration; goesOn: Entry | undefined } {
  const { ttlMs, instance, byPeer, known, past, beginsAt } = facts;
  const sound = withoutFarBeginning(claimant, past, beginsAt);
  const life = lifeOf(sound, { instance, byPeer }, known, past);
  const goesOn = life.kind === "same-life" ? known : undefined;
  const begun = beginningOf(sound, instance, goesOn?.worker.registration, past, beginsAt);
  return { registration: { ...sound, ttlMs, generation: life.generation, ...begun }, goesOn };
}

/** No clock of a controller is so far off. */
const futureMsMax = 86_400_000;

/** A life that says it begins in the far future would be the later one for ever, whoever comes after it. */
function withoutFarBeginning(claimant: Claimant, past: Past, now: number): Claimant {
  const { begunAtMs, ...others } = claimant;
  if (begunAtMs === undefined || begunAtMs <= Math.max(now + futureMsMax, past.begunAtMs ?? 0))
    return claimant;
  return others;
}

/** The life that a claim begins or goes on. Throws SkeinError when it is refused. */
function lifeOf(
  claimant: Claimant,
  by: { instance: string | undefined; byPeer: string | undefined },
  known: Entry | undefined,
  past: Past,
): Exclude<Verdict, { kind: "refused" }> {
  const { address, generation, begunAtMs } = claimant;
  const claim = { address, generation, begunAtMs, ...by };
  const verdict = judgeClaim(known?.worker, past, known?.instance, claim);
  if (verdict.kind === "refused") throw refusal(verdict.why, claimant, known);
  return verdict;
}

/** What orders the lives of one worker. */
export function numbersOf(life: { generation: number; begunAtMs?: number | undefined }): {
  generation: number;
  begunAtMs?: number;
} {
  const { generation, begunAtMs } = life;
  return begunAtMs === undefined ? { generation } : { generation, begunAtMs };
}

/** One life, which two controllers may for a moment know under two numbers, or which has moved. */
export function sameBeginning(one: { begunAtMs?: number }, other: { begunAtMs?: number }): boolean {
  return one.begunAtMs !== undefined && one.begunAtMs === other.begunAtMs;
}

/** The life that is known begins anew, at another address. */
export function hasMoved(known: Worker | undefined, to: Registration): boolean {
  return known !== undefined && !known.left && sameBeginning(known.registration, to);
}

/** When this life began; it begins now where nobody has numbered it yet. Undefined for plain heartbeats. */
function beginningOf(
  claimant: Claimant,
  instance: string | undefined,
  known: Registration | undefined,
  past: Past,
  now: number,
): { begunAtMs?: number } {
  const told = claimant.begunAtMs ?? known?.begunAtMs;
  if (told !== undefined) return { begunAtMs: told };
  if (instance === undefined || claimant.generation !== undefined) return {};
  // After every life that was ever seen here, whatever the clock says.
  return { begunAtMs: Math.max(now, (past.begunAtMs ?? 0) + 1) };
}

export function registryFull(max: number): SkeinError {
  const detail = `${max} workers are registered, as many as registration.workersMax allows.`;
  return new SkeinError("tooManyWorkers", detail);
}

function refusal(
  why: "older-generation" | "address-taken",
  claimant: Claimant,
  known: Entry | undefined,
): SkeinError {
  const name = `${claimant.service}/${claimant.id}`;
  if (why === "older-generation") {
    return new SkeinError(
      "generationOld",
      `${name} was registered with generation ${known?.past.generation ?? "unknown"}, and ${claimant.generation ?? "none"} came: ` +
        "a newer process has taken this id. End this one, or join without a generation.",
    );
  }
  return new SkeinError(
    "addressTaken",
    `${name} is registered at ${known?.worker.registration.address ?? "another address"} and its lease runs: ` +
      `it cannot move to ${claimant.address}. Use another id, or let the first one leave (DELETE /v1/workers/${claimant.id}).`,
  );
}
