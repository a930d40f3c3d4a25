import type { Worker } from "./worker.ts";

/** What somebody who wants to be (service, id) says of itself. */
export interface Claim {
  readonly address: string;
  /** Unset: a plain heartbeat, or the first hello of a life. */
  readonly generation: number | undefined;
  /** When a controller first welcomed this life; see Registration. Unset: as `generation`, or not told. */
  readonly begunAtMs: number | undefined;
  /** One life of an SDK worker; unset for plain heartbeats. */
  readonly instance: string | undefined;
  /** The peer that says so, which holds its session; unset: itself. */
  readonly byPeer?: string | undefined;
}

/** The highest of all lives ever seen under a (service, id), also of those forgotten since. */
export interface Past {
  /** 0: none was seen. */
  readonly generation: number;
  /** Of SDK workers; unset: none was seen. */
  readonly begunAtMs: number | undefined;
}

export type Verdict =
  /** Another life begins, under this generation; or the one that we know begins anew, at another address. */
  | { readonly kind: "new-life"; readonly generation: number }
  /** The life that we know goes on. */
  | { readonly kind: "same-life"; readonly generation: number }
  | { readonly kind: "refused"; readonly why: "older-generation" | "address-taken" };

/**
 * No honest life has come so far. Who claims more is given a number, as if it had said none: after the highest there is nothing, and
 * nobody could follow.
 */
const numberMax = 2 ** 48;

/**
 * Which life a claim belongs to. Invariant: the generation of a (service, id) never shrinks, so a process that was
 * frozen while its replacement joined is refused when it wakes. `instance` is that of the life that we know.
 *
 * A generation alone can mislead: a controller that lost its memory, and can ask no other, gives a new life a number
 * that a controller with a memory has long seen. Where both sides know when their lives began, that decides: the
 * later life is given the next number, the earlier one is refused, and the same life goes on under the higher number.
 *
 * A life may move: its host gets another address. Who holds a session with it goes by the address of that; where nobody
 * does, it begins anew at the one that is claimed. This gives a stranger nothing: who may join under an id may take its place.
 */
export function judgeClaim(
  known: Worker | undefined,
  past: Past,
  instance: string | undefined,
  claim: Claim,
): Verdict {
  const sameInstance = claim.instance !== undefined && claim.instance === instance;
  if (
    claim.generation !== undefined &&
    (claim.generation <= past.generation || claim.generation <= numberMax)
  ) {
    const order = sameInstance ? "same" : orderOf(claim.begunAtMs, past.begunAtMs);
    return judgeNumbered(known, past.generation, order, { ...claim, generation: claim.generation });
  }
  const next = past.generation + 1;
  if (known === undefined) return { kind: "new-life", generation: next };
  const goesOn = known.registration.address === claim.address && !known.left;
  if (claim.instance !== undefined) {
    return sameInstance && goesOn
      ? { kind: "same-life", generation: past.generation }
      : { kind: "new-life", generation: next };
  }
  if (goesOn) return { kind: "same-life", generation: past.generation };
  if (known.left || known.state.kind === "dead" || known.state.kind === "suspect") {
    return { kind: "new-life", generation: next };
  }
  return { kind: "refused", why: "address-taken" };
}

type Order = "earlier" | "same" | "later" | "unknown";

function orderOf(claimed: number | undefined, latest: number | undefined): Order {
  if (claimed === undefined || latest === undefined) return "unknown";
  if (claimed === latest) return "same";
  return claimed < latest ? "earlier" : "later";
}

function judgeNumbered(
  known: Worker | undefined,
  highest: number,
  order: Order,
  claim: Claim & { readonly generation: number },
): Verdict {
  const claimed = claim.generation;
  if (order === "earlier" || (order === "unknown" && claimed < highest)) {
    return { kind: "refused", why: "older-generation" };
  }
  if (order === "later") return { kind: "new-life", generation: Math.max(claimed, highest + 1) };
  const generation = Math.max(claimed, highest);
  const another = order === "unknown" && claimed > highest;
  if (another || known === undefined || known.left) return { kind: "new-life", generation };
  if (known.registration.address === claim.address) return { kind: "same-life", generation };
  return order === "same" ? judgeMove(known, generation, claim) : { kind: "refused", why: "address-taken" };
}

/** Of those who see it at different addresses none moves it for the others. */
function judgeMove(known: Worker, generation: number, { byPeer }: Claim): Verdict {
  const isHeld = known.session === "held" || known.peers.some((peer) => peer !== byPeer);
  if (!isHeld) return { kind: "new-life", generation };
  return byPeer === undefined ? { kind: "refused", why: "address-taken" } : { kind: "same-life", generation };
}
