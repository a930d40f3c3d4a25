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

export function refusal(
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
