import type { NewEvent } from "../store.ts";
import { configurationOperations, differenceOf, eventOperations, overrideTexts } from "./batch.ts";
import type { Content } from "./content.ts";
import { isWithin, type Keys } from "./keys.ts";
import { encodeRecord, type Head, type Identity } from "./records.ts";
import type { KeyValue, Operation } from "./wire.ts";

const readyMax = { operations: 100, bytes: 1024 * 1024 };

export interface Rewriting {
  keys: Keys;
  /** What shall stand in etcd. */
  content: Content;
  /** The records as they are there. */
  found: readonly KeyValue[];
  /** Id of the oldest event that is there. Undefined: none is. */
  firstEventId: number | undefined;
  identity: Identity;
  /** Tells in the list of events what has happened. */
  event: NewEvent;
  term: number;
  /** A name never used before. */
  write: string;
}

export interface Rewrite {
  /** Each of them fits into one transaction. Done one after the other: nobody believes them before the last. */
  ready: Operation[][];
  operations: Operation[];
}

/** Everything that makes the records say `content`, whatever they say now. */
export function rewriteOf(rewriting: Rewriting): Rewrite {
  const { keys, content, found, identity, event, term, write } = rewriting;
  const there = found.filter(({ key }) => isWithin(key, keys.overrides));
  const overrides = differenceOf(
    new Map(there.map(({ key, value }) => [key, value])),
    overrideTexts(keys, content.overrides),
  );
  const { configuration } = content;
  const stored =
    configuration === undefined
      ? undefined
      : configurationOperations(keys, configuration, configuration.revision, write);
  const { lastId } = content.events;
  const firstId = Math.min(rewriting.firstEventId ?? lastId + 1, lastId + 1);
  const events = eventOperations(keys, { firstId, lastId }, [event], term);
  const head: Head = {
    write,
    configuration: stored?.stored ?? null,
    overrides: content.overrides.length,
    tokens: content.tokens,
    events: events.ids,
  };
  return {
    ready: chunksOf([...overrides, ...(stored?.ready ?? [])]),
    operations: [
      ...(stored?.operations ?? [{ kind: "delete", ...keys.configurations } as const]),
      ...events.operations,
      // Pages of another history, should there be any.
      { kind: "delete", key: keys.eventsUpTo(events.ids.lastId + 1), end: keys.events.end },
      { kind: "put", key: keys.identity, value: encodeRecord(identity) },
      { kind: "put", key: keys.head, value: encodeRecord(head) },
    ],
  };
}

function chunksOf(operations: readonly Operation[]): Operation[][] {
  const chunks: Operation[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const operation of operations) {
    const size = operation.kind === "put" ? Buffer.byteLength(operation.value) : 0;
    const last = chunks.at(-1);
    if (last === undefined || last.length >= readyMax.operations || bytes + size > readyMax.bytes) {
      chunks.push([operation]);
      bytes = size;
    } else {
      last.push(operation);
      bytes += size;
    }
  }
  return chunks;
}
