import { SkeinError } from "../../protocol/error.ts";
import type { StoredToken } from "../../protocol/join-token.ts";
import type { StoreState } from "../store.ts";

const formatVersion = 1;

/** Which store this is, whatever etcd holds it. */
export interface Identity {
  /** Given once, when the store is new. */
  id: string;
  /** Grows when an operator decides what counts after etcd was replaced or set back. */
  incarnation: number;
  /** A term is the revision at which its leader's key was created, plus this: so it can be above any floor. */
  termBase: number;
  /** Ids of the stores that an operator has said this one counts over; at most `replacedMax`, the newest first. */
  replaces?: readonly string[];
}

/** More are not remembered: who knows none of them asks an operator once more. */
export const replacedMax = 16;

/** What the content consists of. It is written with every change, so its revision is that of the last change. */
export interface Head {
  /** Unique to the write that made it: who does not know whether its write was done finds it here. */
  write: string;
  configuration: StoredParts | null;
  /** How many there are. */
  overrides: number;
  /** The join tokens themselves: they are few and small. Left out by older versions. */
  tokens?: readonly StoredToken[];
  events: StoreState["events"];
}

/** A configuration's text, in parts below `configuration/NAME/`. A name is never used again. */
export interface StoredParts {
  revision: number;
  digest: string;
  name: string;
  parts: number;
}

export function encodeRecord(record: Identity | Head): string {
  return JSON.stringify({ v: formatVersion, ...record });
}

/** A newer skein wrote it: what it means is not known here, and it must not be overwritten. */
export class NewerFormat extends SkeinError {}

/** These throw NewerFormat, or SkeinError for what is damaged. */
export function decodeIdentity(text: string): Identity {
  const { id, incarnation, termBase, replaces = [] } = decodeRecord("cluster/identity", text);
  if (typeof id !== "string" || !isCount(incarnation) || !isCount(termBase) || !isListOfTexts(replaces))
    throw damaged("cluster/identity");
  return { id, incarnation, termBase, ...(replaces.length === 0 ? {} : { replaces }) };
}

/** Undefined: it is not there, or cannot be read. */
export function identityIn(record: { value: string } | undefined): Identity | undefined {
  try {
    return record === undefined ? undefined : decodeIdentity(record.value);
  } catch {
    return undefined;
  }
}

export function decodeHead(text: string): Head {
  const {
    write,
    configuration,
    overrides,
    tokens = [],
    events,
  } = decodeRecord("cluster/head", text) as Partial<Head>;
  const sound =
    typeof write === "string" &&
    isCount(overrides) &&
    Array.isArray(tokens) &&
    isCount(events?.firstId) &&
    isCount(events.lastId) &&
    (configuration === null || isCount(configuration?.parts));
  if (!sound) throw damaged("cluster/head");
  return { write, configuration, overrides, tokens, events };
}

function decodeRecord(key: string, text: string): Record<string, unknown> {
  const record = parse(key, text);
  const { v } = record;
  if (typeof v === "number" && v > formatVersion) {
    throw new NewerFormat(
      "storeFailed",
      `${key} in etcd has format ${v}, this skein knows ${formatVersion}: a newer skein wrote it. Upgrade this one`,
    );
  }
  if (v !== formatVersion) throw damaged(key);
  return record;
}

function parse(key: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    throw damaged(key, error);
  }
  throw damaged(key);
}

function damaged(key: string, cause?: unknown): SkeinError {
  return new SkeinError("storeFailed", `${key} in etcd is damaged: skein did not write what stands there`, {
    cause,
  });
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
