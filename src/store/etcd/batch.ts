import type { TrafficConfiguration } from "../../protocol/configuration.ts";
import type { ClusterEvent } from "../../protocol/events.ts";
import { SkeinError } from "../../protocol/error.ts";
import { configurationText, outcomeOf, sizeOf, type Standing } from "../changes.ts";
import { eventsKept, type NewEvent, type Override, type StoreChange, writeMax } from "../store.ts";
import type { Content } from "./content.ts";
import type { Keys } from "./keys.ts";
import { encodeRecord, type Head, type StoredParts } from "./records.ts";
import type { Operation } from "./wire.ts";

/** A configuration's text up to this length goes into the transaction that names it; a longer one is laid ready before. */
const inlineMax = 64 * 1024;
/** Characters of one part: at three bytes each they fit into one request of etcd's (1.5 MiB). */
const partMax = 300_000;

/** What a batch is written over. */
export interface Ground {
  keys: Keys;
  content: Content;
  /** Undefined: nothing was ever written. */
  head: Head | undefined;
}

/** Several writes as one transaction: each of them is done as a whole, or all are not. */
export interface Batch {
  /** How many of the queue it answers, from the first on. */
  answered: number;
  /** Of those, the ones that cannot be done, by their place in the queue. */
  refused: ReadonlyMap<number, Error>;
  /** To be done before; nobody sees them until the head names them. */
  ready: readonly Operation[];
  /** Empty: nothing changes, and only the term is to be compared. */
  operations: readonly Operation[];
}

/**
 * As many writes as fit into one transaction. `write` is a name never used before; `term` is that of the events. Bounded as
 * a single write is, and with one configuration at most, so that each gets a revision of its own.
 */
export function batchOf(
  queue: readonly (readonly StoreChange[])[],
  ground: Ground,
  term: number,
  write: string,
): Batch {
  const refused = new Map<number, Error>();
  let answered = 0;
  let changes: StoreChange[] = [];
  let standing: Standing = ground.content;
  for (const [place, more] of queue.entries()) {
    if (changes.length > 0 && !fits([...changes, ...more])) break;
    answered = place + 1;
    const after = standingAfter(standing, more);
    if (after instanceof Error) refused.set(place, after);
    else {
      standing = after;
      changes = [...changes, ...more];
    }
  }
  const { ready, operations } = operationsOf(changes, ground, term, write);
  return { answered, refused, ready, operations };
}

function fits(changes: readonly StoreChange[]): boolean {
  const { overrides, events, eventBytes } = sizeOf(changes);
  const small =
    overrides <= writeMax.overrides && events <= writeMax.events && eventBytes <= writeMax.eventBytes;
  return small && changes.filter(({ kind }) => kind === "configuration").length <= 1;
}

function standingAfter(standing: Standing, changes: readonly StoreChange[]): Standing | Error {
  try {
    const outcome = outcomeOf(standing, changes);
    if (outcome.configuration !== undefined) configurationText(outcome.configuration.traffic);
    return { ...standing, ...outcome };
  } catch (error) {
    return error instanceof Error ? error : new SkeinError("storeFailed", String(error));
  }
}

function operationsOf(
  changes: readonly StoreChange[],
  { keys, content, head }: Ground,
  term: number,
  write: string,
): Pick<Batch, "ready" | "operations"> {
  const outcome = outcomeOf(content, changes);
  const overrides = outcome.overrides ?? content.overrides;
  const stored = outcome.configuration;
  const configuration =
    stored === undefined
      ? undefined
      : configurationOperations(keys, stored, (head?.configuration?.revision ?? 0) + 1, write);
  const events = eventOperations(keys, content.events, outcome.events, term);
  const operations = [
    ...differenceOf(overrideTexts(keys, content.overrides), overrideTexts(keys, overrides)),
    ...(configuration?.operations ?? []),
    ...events.operations,
  ];
  if (operations.length === 0 && outcome.tokens === undefined) return { ready: [], operations };
  const next: Head = {
    write,
    configuration: configuration?.stored ?? head?.configuration ?? null,
    overrides: overrides.length,
    tokens: outcome.tokens ?? content.tokens,
    events: events.ids,
  };
  operations.push({ kind: "put", key: keys.head, value: encodeRecord(next) });
  return { ready: configuration?.ready ?? [], operations };
}

/** Each override's key, and its text. */
export function overrideTexts(keys: Keys, overrides: readonly Override[]): Map<string, string> {
  return new Map(overrides.map((one) => [keys.override(one.service, one.id), JSON.stringify(one)]));
}

/** What makes `before` become `after`; nothing for what is the same. */
export function differenceOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Operation[] {
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const changed = [...after].filter(([key, value]) => before.get(key) !== value);
  return [
    ...removed.map((key): Operation => ({ kind: "delete", key })),
    ...changed.map(([key, value]): Operation => ({ kind: "put", key, value })),
  ];
}

interface ConfigurationOperations {
  stored: StoredParts;
  ready: Operation[];
  operations: Operation[];
}

/** The text under a new name; with the head that names it, every other is removed. */
export function configurationOperations(
  keys: Keys,
  { digest, traffic }: { digest: string; traffic: TrafficConfiguration },
  revision: number,
  name: string,
): ConfigurationOperations {
  const text = configurationText(traffic);
  const parts = partsOf(text);
  const puts = parts.map((value, part): Operation => ({
    kind: "put",
    key: keys.configuration(name, part),
    value,
  }));
  const own = `${keys.configurations.key}${name}`;
  const removals: Operation[] = [
    { kind: "delete", key: keys.configurations.key, end: `${own}/` },
    { kind: "delete", key: `${own}0`, end: keys.configurations.end },
  ];
  const inline = text.length <= inlineMax;
  return {
    stored: { revision, digest, name, parts: parts.length },
    ready: inline ? [] : puts,
    operations: inline ? [...removals, ...puts] : removals,
  };
}

/** In pieces that are texts of their own: no character is cut in two. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const end = Math.min(text.length, from + partMax);
    const to = end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** One page for all of them, named by the last. */
export function eventOperations(
  keys: Keys,
  before: Head["events"],
  added: readonly NewEvent[],
  term: number,
): { ids: Head["events"]; operations: Operation[] } {
  if (added.length === 0) return { ids: before, operations: [] };
  const page = added.map((event, index): ClusterEvent => ({ ...event, id: before.lastId + 1 + index, term }));
  const lastId = before.lastId + added.length;
  const firstId = Math.max(before.firstId, 1, lastId - eventsKept + 1);
  const operations: Operation[] = [
    { kind: "put", key: keys.eventsUpTo(lastId), value: JSON.stringify(page) },
  ];
  if (firstId > before.firstId && before.firstId > 0) {
    operations.push({ kind: "delete", key: keys.events.key, end: keys.eventsUpTo(firstId) });
  }
  return { ids: { firstId, lastId }, operations };
}
