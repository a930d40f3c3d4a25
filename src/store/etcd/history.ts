import { type Identity, replacedMax } from "./records.ts";

/** What was known of a store before a question was sent to it. */
export interface Known {
  /** Of the etcd cluster. Undefined: nothing is known yet. */
  clusterId: string | undefined;
  revision: number;
  /** When the head was written; 0: never. */
  headRevision: number;
  identity: Identity | undefined;
  /** The watch goes on from here: whatever is removed from this history, it will tell. */
  continuous: boolean;
}

/** What an answer tells. What it does not tell is undefined. */
export interface Found {
  clusterId: string;
  /** Only of answers that are no older than their question: of writes, and of reads by the whole cluster. */
  revision?: number;
  headRevision?: number;
  /** Null: it is not there. */
  identity?: Identity | null;
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
  if (known.clusterId === undefined) return { kind: "same" };
  if (isDecided(known.identity, found.identity)) return { kind: "decided" };
  const what = differenceOf(known, found);
  if (what === undefined) return { kind: "same" };
  // Who never knew any content has nothing to hold.
  return known.identity === undefined ? { kind: "decided" } : { kind: "foreign", what };
}

/** The identity that tells of an operator's decision: to `judge` it is decided, whichever of the two histories is known. */
export function decidedOver(known: Identity, found: Identity | undefined): Identity {
  const others = [found, known].flatMap((one) =>
    one === undefined ? [] : [one.id, ...(one.replaces ?? [])],
  );
  const replaces = [...new Set(others)].filter((id) => id !== known.id).slice(0, replacedMax);
  return {
    id: known.id,
    incarnation: Math.max(known.incarnation, found?.incarnation ?? 0) + 1,
    termBase: Math.max(known.termBase, found?.termBase ?? 0),
    ...(replaces.length === 0 ? {} : { replaces }),
  };
}

function isDecided(known: Identity | undefined, found: Found["identity"]): boolean {
  if (known === undefined || found === undefined || found === null) return false;
  const countsOver = found.id === known.id || found.replaces?.includes(known.id) === true;
  return countsOver && found.incarnation > known.incarnation;
}

function differenceOf(known: Known, found: Found): string | undefined {
  if (known.identity !== undefined && found.identity !== undefined) {
    const { identity } = found;
    if (identity === null) {
      if (!known.continuous) return "its records are gone";
    } else if (identity.id !== known.identity.id) return "it holds the records of another gateway";
    else if (identity.incarnation < known.identity.incarnation) {
      return "it was set back to before an operator's decision";
    }
  }
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
