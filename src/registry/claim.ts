import { judgeClaim, type Verdict } from "../core/registry/generation.ts";
import type { Registration } from "../core/registry/worker.ts";
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
  ttlMs: number;
  heartbeatEveryMs: number;
  desired: "serve" | "drain";
}

export function peerWorkerOf(registration: Registration): PeerWorker {
  return { ...registration, tags: [...registration.tags], metadata: { ...registration.metadata } };
}

/** The life that a claim begins or goes on. Throws SkeinError when it is refused. */
export function lifeOf(
  claimant: Claimant,
  instance: string | undefined,
  known: Entry | undefined,
  highest: number,
): Exclude<Verdict, { kind: "refused" }> {
  const { address, generation } = claimant;
  const verdict = judgeClaim(known?.worker, highest, known?.instance, { address, generation, instance });
  if (verdict.kind === "refused") throw refusal(verdict.why, claimant, known);
  return verdict;
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
      `${name} was registered with generation ${known?.highest ?? "unknown"}, and ${claimant.generation ?? "none"} came: ` +
        "a newer process has taken this id. End this one, or join without a generation.",
    );
  }
  return new SkeinError(
    "generationOld",
    `${name} is registered at ${known?.worker.registration.address ?? "another address"} and its lease runs: ` +
      `it cannot move to ${claimant.address}. Use another id, or let the first one leave (DELETE /v1/workers/${claimant.id}).`,
  );
}
