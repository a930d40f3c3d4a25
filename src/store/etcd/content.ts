import type { TrafficConfiguration } from "../../protocol/configuration.ts";
import type { StoredToken } from "../../protocol/join-token.ts";
import type { Override, StoredConfiguration, StoreState } from "../store.ts";
import type { Keys } from "./keys.ts";
import { decodeHead, decodeIdentity, type Head, NewerFormat } from "./records.ts";
import type { KeyValue } from "./wire.ts";

/** What the controllers agreed on, as the records in etcd say it. */
export interface Content {
  configuration: StoredConfiguration | undefined;
  overrides: readonly Override[];
  tokens: readonly StoredToken[];
  events: StoreState["events"];
}

export interface WholeContent {
  kind: "whole";
  content: Content;
  /** Undefined while no leader wrote anything. */
  head: Head | undefined;
}

export const neverWritten: WholeContent = {
  kind: "whole",
  content: { configuration: undefined, overrides: [], tokens: [], events: { firstId: 0, lastId: 0 } },
  head: undefined,
};

export type ContentView =
  | WholeContent
  /** Something is missing or was changed by others: it must not be believed. */
  | { kind: "broken"; what: string }
  /** A newer skein wrote it. */
  | { kind: "newer"; what: string };

/** The records that the content is read from. */
export interface ContentRecords {
  /** `cluster/...` and `configuration/...`, by key. */
  others: ReadonlyMap<string, KeyValue>;
  overrides: ReadonlyMap<string, KeyValue>;
  /** The overrides are not those that `before` was read from. */
  overridesChanged: boolean;
}

/**
 * Reads the content out of the records. Every change of ours is one transaction that also writes the head: so what does
 * not fit the head is damage, whoever did it. What is as it was in `before` is given as the same object.
 */
export function contentOf(records: ContentRecords, keys: Keys, before: Content): ContentView {
  try {
    return read(records, keys, before);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { kind: error instanceof NewerFormat ? "newer" : "broken", what };
  }
}

function read(records: ContentRecords, keys: Keys, before: Content): ContentView {
  const { others, overrides, overridesChanged } = records;
  const broken = (what: string): ContentView => ({ kind: "broken", what });
  const identity = others.get(keys.identity);
  if (identity !== undefined) decodeIdentity(identity.value);
  const record = others.get(keys.head);
  if (record === undefined) return overrides.size === 0 ? neverWritten : broken(`${keys.head} is gone`);
  const head = decodeHead(record.value);
  if (identity === undefined) return broken(`${keys.identity} is gone`);
  if (overrides.size !== head.overrides) {
    return broken(`${overrides.size} drains and weights are there instead of ${head.overrides}`);
  }
  const configuration = configurationOf(others, keys, head, before.configuration);
  if (configuration === "missing") return broken("a part of the configuration is gone");
  if (overridesChanged) {
    const foreign = [...overrides.values()].find(({ modRevision }) => modRevision > record.modRevision);
    if (foreign !== undefined) return broken(`${foreign.key} was changed by somebody else`);
  }
  const content: Content = {
    configuration,
    overrides: overridesChanged ? overridesOf(overrides, before.overrides) : before.overrides,
    tokens: sameOr(head.tokens ?? [], before.tokens),
    events: head.events,
  };
  return { kind: "whole", content, head };
}

/** The one that the head names; "missing" where a part of it is gone. */
export function configurationOf(
  records: ReadonlyMap<string, KeyValue>,
  keys: Keys,
  { configuration: stored }: Head,
  before: StoredConfiguration | undefined,
): StoredConfiguration | undefined | "missing" {
  if (stored === null) return undefined;
  const { revision, digest, name, parts } = stored;
  const texts: string[] = [];
  for (let part = 0; part < parts; part += 1) {
    const text = records.get(keys.configuration(name, part))?.value;
    if (text === undefined) return "missing";
    texts.push(text);
  }
  if (before?.revision === revision && before.digest === digest) return before;
  return { revision, digest, traffic: JSON.parse(texts.join("")) as TrafficConfiguration };
}

/** `one`, written where `other` stood: a revision is never that of two configurations, for readers tell them apart by it. */
export function inPlaceOf(
  one: StoredConfiguration,
  other: Pick<StoredConfiguration, "revision" | "digest">,
): StoredConfiguration {
  const least = one.digest === other.digest ? other.revision : other.revision + 1;
  return { ...one, revision: Math.max(one.revision, least) };
}

/** In the order of their keys: every handle has them in the same. */
function overridesOf(
  records: ReadonlyMap<string, KeyValue>,
  before: readonly Override[],
): readonly Override[] {
  const sorted = [...records.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
  const overrides = sorted.map(({ value }) => JSON.parse(value) as Override);
  return sameOr(overrides, before);
}

function sameOr<List>(list: List, before: List): List {
  return JSON.stringify(list) === JSON.stringify(before) ? before : list;
}
