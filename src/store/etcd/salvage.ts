import type { Override } from "../store.ts";
import { type Content, configurationOf, inPlaceOf } from "./content.ts";
import { isWithin, type Keys } from "./keys.ts";
import type { Mirror } from "./mirror.ts";
import { decodeHead, type Head } from "./records.ts";
import type { KeyValue } from "./wire.ts";

type Damaged = Pick<Mirror, "head" | "state" | "records" | "view" | "cluster">;

/** What damaged records are to say again. */
export type Mending =
  | { kind: "known"; content: Content }
  /** This handle never knew them whole, or only as they were before: what can still be read. `what`: how much that is. */
  | { kind: "salvaged"; content: Content; what: string }
  /** Writing anything would erase what nobody here knows. */
  | { kind: "hopeless"; what: string };

/**
 * What is to be written over damaged records. Invariants: who never knew any content erases none, for an empty content is all
 * that such a handle could write; and what was written since it was known is not undone, as the end of a token.
 */
export function mendingOf(mirror: Damaged, keys: Keys): Mending {
  const head = headIn(mirror.cluster.head);
  if (mirror.head !== undefined && !isSince(mirror.head, head))
    return { kind: "known", content: mirror.state };
  if (head === undefined) return { kind: "hopeless", what: hopelessWords(mirror.view) };
  const records = new Map(mirror.records.map((record) => [record.key, record]));
  const overrides = [...records.values()].flatMap((record) => overrideIn(record, keys));
  const configuration = configurationIn(records, keys, head) ?? knownInPlaceOf(head, mirror.state);
  const { tokens = [], events } = head;
  const lost = head.configuration !== null && head.configuration.digest !== configuration?.digest;
  const what = `${overrides.length} of ${head.overrides} drains and weights could be kept${
    lost ? ", and not the configuration: it is taken from the file again" : ""
  }`;
  return { kind: "salvaged", content: { configuration, overrides, tokens, events }, what };
}

/** Whether a head that was found is of a later write than the known one. An earlier one is a copy that somebody put back. */
function isSince(known: Head, found: Head | undefined): found is Head {
  return found !== undefined && found.write !== known.write && found.events.lastId >= known.events.lastId;
}

/** The known configuration, while that of the head cannot be read. */
function knownInPlaceOf(
  { configuration: lost }: Head,
  { configuration: known }: Content,
): Content["configuration"] {
  if (lost === null || known === undefined) return undefined;
  return inPlaceOf(known, lost);
}

/** Why damage cannot be made good from what this handle knows. Undefined: there is none, or it can. */
export function hopelessIn(mirror: Pick<Damaged, "head" | "view" | "cluster">): string | undefined {
  if (mirror.view.kind !== "broken" || mirror.head !== undefined) return undefined;
  return headIn(mirror.cluster.head) === undefined ? hopelessWords(mirror.view) : undefined;
}

function hopelessWords(view: Mirror["view"]): string {
  const why = view.kind === "whole" ? "" : ` (${view.what})`;
  return (
    `the records in etcd are damaged${why}, and this controller never knew them whole, so it writes nothing over them. Stop it ` +
    "and start one that has its state directory, or restore etcd from a backup; if both are lost, remove every key of " +
    "the prefix: then drains, weights and join tokens must be made again"
  );
}

function headIn(record: KeyValue | undefined): Head | undefined {
  try {
    return record === undefined ? undefined : decodeHead(record.value);
  } catch {
    return undefined;
  }
}

function configurationIn(
  records: ReadonlyMap<string, KeyValue>,
  keys: Keys,
  head: Head,
): Content["configuration"] {
  try {
    const found = configurationOf(records, keys, head, undefined);
    return found === "missing" ? undefined : found;
  } catch {
    return undefined;
  }
}

/** Only what has the form of ours, under its own key. */
function overrideIn({ key, value }: KeyValue, keys: Keys): Override[] {
  if (!isWithin(key, keys.overrides)) return [];
  try {
    const { service, id, drain, weight } = JSON.parse(value) as Override;
    const isWeight = weight === null || (typeof weight === "number" && weight >= 0);
    if (typeof drain !== "boolean" || !isWeight || keys.override(service, id) !== key) return [];
    return [{ service, id, drain, weight }];
  } catch {
    return [];
  }
}
