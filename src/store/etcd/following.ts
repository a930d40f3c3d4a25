/**
 * How a handle keeps up with the store: the rules, as one step function.
 *
 * ```
 *                  listed                       begun
 *   .--> listing --------> opening ---------------------------> watching
 *   |       | failed          ^  | ended                          |
 *   |       v                 |  v         ended, late, moved     |
 *   |    waiting <------------+--+------------------------------- '
 *   |       |  retry: where it was left, with the next revision
 *   |       '-----------------'
 *   |
 *   +------ compacted (from opening, watching): what lies between is gone
 *   |
 *   |  any --- an answer of a foreign history ---> held --- it goes on ---> waiting
 *   '------------------------------------------------'      an operator decided
 * ```
 */
export type Following =
  /** All records are being read, because what is known cannot be continued. */
  | { kind: "listing"; failures: number }
  | { kind: "opening"; failures: number }
  | { kind: "watching"; relistAt: number; since: number }
  /** Something failed. */
  | { kind: "waiting"; for: "list" | "watch"; until: number; failures: number }
  /** What etcd shows is another history: what is known stays until an operator has decided. */
  | { kind: "held"; what: string; nextLookAt: number; looking: boolean };

export type FollowingEvent =
  | { kind: "tick" }
  | { kind: "listed" }
  | { kind: "list-failed" }
  /** The watch is there. */
  | { kind: "begun" }
  | { kind: "ended" }
  | { kind: "compacted" }
  /** An own beat did not come back. */
  | { kind: "late" }
  /** Calls go to another member from now on. */
  | { kind: "moved" }
  | { kind: "foreign"; what: string }
  /** An operator decided, here or elsewhere. */
  | { kind: "decided" }
  /** While held: the history that is known is back. */
  | { kind: "same" }
  | { kind: "look-failed" };

export type FollowingEffect =
  | "list"
  /** Opens a watch from the next revision on. */
  | "open"
  /** Closes the watch, if there is one. */
  | "close"
  | "leave-member"
  /** Only to see whether it is still foreign. */
  | "look"
  /** Reads the few records by which a history is known. */
  | "check";

/** Whether a watch will tell everything that happens after what is known. */
export function isContinuous(following: Following): boolean {
  const { kind } = following;
  return kind === "watching" || kind === "opening" || (kind === "waiting" && following.for === "watch");
}

export const followingRules = {
  tickMs: 50,
  /** A full list, should the watch have missed something. Shortened or lengthened by a fifth, by chance. */
  relistEveryMs: 60_000,
  lookEveryMs: 1000,
  firstRetryMs: 20,
  retryMsMax: 1000,
};

export interface FollowingStep {
  following: Following;
  effects: readonly FollowingEffect[];
}

/** `chance` is in [0, 1). */
export function follow(
  following: Following,
  event: FollowingEvent,
  now: number,
  chance: number,
): FollowingStep {
  if (event.kind === "foreign") return hold(following, event.what, now);
  if (following.kind === "held") return whileHeld(following, event, now);
  switch (event.kind) {
    case "tick":
      return onTick(following, now, chance);
    case "listed":
      return following.kind === "listing" ? to({ kind: "opening", failures: 0 }, "open") : to(following);
    case "list-failed":
      return following.kind === "listing" ? wait("list", following.failures, now) : to(following);
    case "begun":
      return following.kind === "opening"
        ? to({ kind: "watching", relistAt: relistAfter(now, chance), since: now }, "check")
        : to(following);
    case "ended":
      return interrupted(following, now);
    case "late":
      return withEffects(interrupted(following, now), "close", "leave-member");
    case "moved":
      return withEffects(interrupted(following, now), "close");
    case "compacted":
    case "decided":
      return to({ kind: "listing", failures: 0 }, "close", "list");
    case "same":
    case "look-failed":
      return to(following);
  }
}

function onTick(following: Exclude<Following, { kind: "held" }>, now: number, chance: number): FollowingStep {
  if (following.kind === "watching" && now >= following.relistAt) {
    // The watch goes on meanwhile: should this list fail, the next one comes.
    return to({ ...following, relistAt: relistAfter(now, chance) }, "list");
  }
  if (following.kind !== "waiting" || now < following.until) return to(following);
  const { failures } = following;
  return following.for === "list"
    ? to({ kind: "listing", failures }, "list")
    : to({ kind: "opening", failures }, "open");
}

/** The watch is gone, or is to go; what it told stays, and the next one begins with the next revision. */
function interrupted(following: Exclude<Following, { kind: "held" }>, now: number): FollowingStep {
  if (following.kind === "opening") return wait("watch", following.failures, now);
  return following.kind === "watching" ? wait("watch", 0, now) : to(following);
}

function wait(what: "list" | "watch", failures: number, now: number): FollowingStep {
  const { firstRetryMs, retryMsMax } = followingRules;
  const until = now + Math.min(retryMsMax, firstRetryMs * 3 ** failures);
  return to({ kind: "waiting", for: what, until, failures: failures + 1 });
}

function hold(following: Following, what: string, now: number): FollowingStep {
  const { lookEveryMs } = followingRules;
  const held: Following = { kind: "held", what, nextLookAt: now + lookEveryMs, looking: false };
  // Another member may know better: the list of members may name two clusters.
  return following.kind === "held" ? to(held, "leave-member") : to(held, "close");
}

function whileHeld(
  held: Extract<Following, { kind: "held" }>,
  event: FollowingEvent,
  now: number,
): FollowingStep {
  switch (event.kind) {
    case "tick":
      if (held.looking || now < held.nextLookAt) return to(held);
      return to({ ...held, looking: true, nextLookAt: now + followingRules.lookEveryMs }, "look");
    case "look-failed":
      return to({ ...held, looking: false });
    case "same":
      return to({ kind: "waiting", for: "watch", until: now, failures: 0 });
    case "decided":
      return to({ kind: "listing", failures: 0 }, "list");
    default:
      return to(held);
  }
}

function relistAfter(now: number, chance: number): number {
  return now + followingRules.relistEveryMs * (0.8 + 0.4 * chance);
}

function to(following: Following, ...effects: FollowingEffect[]): FollowingStep {
  return { following, effects };
}

function withEffects({ following, effects }: FollowingStep, ...more: FollowingEffect[]): FollowingStep {
  return { following, effects: [...effects, ...more] };
}
