import type { Worker } from "./worker.ts";

/** What somebody who wants to be (service, id) says of itself. */
export interface Claim {
  readonly address: string;
  /** Unset: a plain heartbeat, or the first hello of a life. */
  readonly generation: number | undefined;
  /** One life of an SDK worker; unset for plain heartbeats. */
  readonly instance: string | undefined;
}

export type Verdict =
  /** Another life begins, under this generation. */
  | { readonly kind: "new-life"; readonly generation: number }
  /** The life that we know goes on. */
  | { readonly kind: "same-life"; readonly generation: number }
  | { readonly kind: "refused"; readonly why: "older-generation" | "address-taken" };

/**
 * Which life a claim belongs to. Invariant: the generation of a (service, id) never shrinks, so a process that was
 * frozen while its replacement joined is refused when it wakes. `highest` is the highest generation ever seen, also
 * of workers forgotten since; `instance` that of the life that we know.
 */
export function judgeClaim(
  known: Worker | undefined,
  highest: number,
  instance: string | undefined,
  claim: Claim,
): Verdict {
  const sameInstance = claim.instance !== undefined && claim.instance === instance;
  if (claim.generation !== undefined) {
    if (claim.generation < highest) return { kind: "refused", why: "older-generation" };
    if (claim.generation > highest || known === undefined || known.left) {
      return { kind: "new-life", generation: claim.generation };
    }
    if (known.registration.address === claim.address) return { kind: "same-life", generation: highest };
    return { kind: "refused", why: "address-taken" };
  }
  if (known === undefined) return { kind: "new-life", generation: highest + 1 };
  const sameAddress = known.registration.address === claim.address;
  if (claim.instance !== undefined) {
    if (sameInstance && sameAddress && !known.left) return { kind: "same-life", generation: highest };
    return { kind: "new-life", generation: highest + 1 };
  }
  if (sameAddress && !known.left) return { kind: "same-life", generation: highest };
  if (known.left || known.state.kind === "dead" || known.state.kind === "suspect") {
    return { kind: "new-life", generation: highest + 1 };
  }
  return { kind: "refused", why: "address-taken" };
}
