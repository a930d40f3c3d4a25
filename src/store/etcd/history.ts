import type { Identity } from "./records.ts";

/** What was known of a store before a question was sent to it. */
export interface Known {
  /** Of the etcd cluster. Undefined: nothing is known yet. */
  clusterId: string | undefined;
  revision: number;
  /** When the head was written; 0: never. */
  headRevision: number;
  identity: Identity | undefined;
}

/** What an answer tells. What it does not tell is undefined. */
export interface Found {
  clusterId: string;
  /** Only of answers that are no older than their question: of writes, and of reads by the whole cluster. */
  revision?: number;
  headRevision?: number;
  identity?: Identity;
}

export type Verdict =
  /** What is known goes on. */
  | { kind: "same" }
  /** Another history, and an operator has said that it counts: it is to be read from its beginning. */
  | { kind: "decided" }
  /** Another history, and nobody has said whether it counts: what is known is held. */
  | { kind: "foreign"; what: string };

/**
 * Whether an answer belongs to the history that is known. etcd never takes anything back: a lower revision is an older
 * state, restored or begun anew, even where the cluster calls itself by the same name.
 */
export function judge(known: Known, found: Found): Verdict {
  const { identity } = known;
  if (known.clusterId === undefined) return { kind: "same" };
  if (identity !== undefined && found.identity !== undefined) {
    const same = found.identity.id === identity.id;
    if (same && found.identity.incarnation > identity.incarnation) return { kind: "decided" };
    if (!same) return { kind: "foreign", what: "it holds the records of another gateway" };
    if (found.identity.incarnation < identity.incarnation) {
      return { kind: "foreign", what: "it was set back to before an operator's decision" };
    }
  }
  const what = differenceOf(known, found);
  if (what === undefined) return { kind: "same" };
  // Who never knew any content has nothing to hold.
  return identity === undefined ? { kind: "decided" } : { kind: "foreign", what };
}

function differenceOf(known: Known, found: Found): string | undefined {
  if (found.clusterId !== known.clusterId) {
    return `it is another cluster (${found.clusterId} instead of ${known.clusterId})`;
  }
  if (found.revision !== undefined && found.revision < known.revision) {
    return `it was set back (revision ${found.revision} after ${known.revision})`;
  }
  const { headRevision = 0 } = found;
  if (headRevision !== 0 && headRevision < known.headRevision) {
    return `its content was set back (revision ${headRevision} after ${known.headRevision})`;
  }
  return undefined;
}
