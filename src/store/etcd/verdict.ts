import type { Keys } from "./keys.ts";
import type { Cluster } from "./mirror.ts";
import type { Comparison } from "./wire.ts";

/** A transaction of ours that only counts for one term, over one head. */
export interface Attempt {
  /** The leader's key as it must be. Undefined: an operator's decision, whoever leads. */
  leader: { createRevision: number; holder: string } | undefined;
  /** Undefined: it changes nothing, and only the term matters. */
  change:
    | {
        /** The unique name that the head has when it was done. */
        write: string;
        /** The head as it must be before; 0: there is none. */
        headRevision: number;
        /** Likewise the store's identity. */
        identityRevision: number;
      }
    | undefined;
  /** An earlier try of the very same had an outcome that is not known. */
  doubtful: boolean;
}

/**
 * What the records say of an attempt that did not go through, or whose answer was lost. They were read after it was sent;
 * a lost one may still arrive. Because it compares the head, it and its repetition can have an effect once between them.
 */
export type Verdict =
  | "done"
  /** Not done, and it may be sent again. */
  | "not-done"
  /** Not done, and never will be. */
  | "stale-term"
  /** Not done: the head is not the one it was made for. */
  | "behind"
  /** Somebody wrote since, so its traces are gone. */
  | "unknowable";

/** What the transaction compares. */
export function comparisonsOf({ leader, change }: Omit<Attempt, "doubtful">, keys: Keys): Comparison[] {
  const term: Comparison[] =
    leader === undefined
      ? []
      : [
          { key: keys.leader, created: leader.createRevision },
          { key: keys.leader, value: leader.holder },
        ];
  const ground: Comparison[] =
    change === undefined
      ? []
      : [
          { key: keys.head, modified: change.headRevision },
          { key: keys.identity, modified: change.identityRevision },
        ];
  return [...term, ...ground];
}

export function verdictOn(attempt: Attempt, found: Pick<Cluster, "leader" | "head" | "identity">): Verdict {
  const { leader, change, doubtful } = attempt;
  const leads =
    leader === undefined ||
    (found.leader?.createRevision === leader.createRevision && found.leader.value === leader.holder);
  if (change === undefined) return leads ? "done" : "stale-term";
  if (writeOf(found.head) === change.write) return "done";
  const same =
    (found.head?.modRevision ?? 0) === change.headRevision &&
    (found.identity?.modRevision ?? 0) === change.identityRevision;
  if (same) return leads ? "not-done" : "stale-term";
  if (doubtful) return "unknowable";
  return leads ? "behind" : "stale-term";
}

function writeOf(head: Cluster["head"]): unknown {
  if (head === undefined) return undefined;
  try {
    return (JSON.parse(head.value) as { write?: unknown } | null)?.write;
  } catch {
    return undefined;
  }
}
