/**
 * The words of etcd's JSON gateway, as far as they are needed here: bytes are base64, 64-bit numbers are texts, and what is
 * zero is left out.
 */
export interface Header {
  /** Of the etcd cluster. 64 bits: a text. */
  clusterId: string;
  /** Of the member that answers, at the moment of the answer. Undefined: this answer does not tell. */
  revision: number | undefined;
}

export interface KeyValue {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
  /** 64 bits: a text. */
  lease: string;
}

/** The lease of a key that is bound to none. */
export const noLease = "0";

/** Keys from `key` up to, not with, `end`; that key alone when there is no end. */
export interface KeyRange {
  key: string;
  end?: string;
}

export type Operation =
  | { kind: "put"; key: string; value: string; lease?: string }
  | ({ kind: "delete" } & KeyRange)
  | ({ kind: "range"; limit?: number; revision?: number } & KeyRange);

/** A key that is not there has revision 0. */
export type Comparison = { key: string } & ({ created: number } | { modified: number } | { value: string });

export interface Transaction {
  compare: readonly Comparison[];
  success: readonly Operation[];
  failure?: readonly Operation[];
}

export interface RangeAnswer {
  keyValues: KeyValue[];
  /** There is more than the limit let through. */
  more: boolean;
}

export interface TransactionAnswer {
  header: Header;
  succeeded: boolean;
  /** Of the range operations of the branch that was taken, in order. */
  ranges: RangeAnswer[];
}

export interface WatchAnswer {
  header: Header;
  created: boolean;
  /** The stream is over. `compacted`: because what it should begin with is gone. */
  canceled: { compacted: boolean; reason: string } | undefined;
  events: WatchEvent[];
}

export type WatchEvent =
  | { kind: "put"; keyValue: KeyValue }
  | { kind: "delete"; key: string; modRevision: number };

/** All keys that begin with `prefix`. */
export function withPrefix(prefix: string): Required<KeyRange> {
  return {
    key: prefix,
    end: prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1),
  };
}

export function encodeTransaction({ compare, success, failure = [] }: Transaction): object {
  return {
    compare: compare.map(encodeComparison),
    success: success.map(encodeOperation),
    failure: failure.map(encodeOperation),
  };
}

function encodeComparison(comparison: Comparison): object {
  const key = base64(comparison.key);
  const equal = { key, result: "EQUAL" };
  if ("created" in comparison) {
    return { ...equal, target: "CREATE", create_revision: String(comparison.created) };
  }
  if ("modified" in comparison) return { ...equal, target: "MOD", mod_revision: String(comparison.modified) };
  return { ...equal, target: "VALUE", value: base64(comparison.value) };
}

function encodeOperation(operation: Operation): object {
  switch (operation.kind) {
    case "put":
      return { request_put: encodePut(operation) };
    case "delete":
      return { request_delete_range: encodeRange(operation) };
    case "range": {
      const { limit, revision } = operation;
      return {
        request_range: {
          ...encodeRange(operation),
          ...(limit === undefined ? {} : { limit: String(limit) }),
          ...(revision === undefined ? {} : { revision: String(revision) }),
        },
      };
    }
  }
}

function encodePut({ key, value, lease }: Extract<Operation, { kind: "put" }>): object {
  return { key: base64(key), value: base64(value), ...(lease === undefined ? {} : { lease }) };
}

export function encodeRange({ key, end }: KeyRange): object {
  return { key: base64(key), ...(end === undefined ? {} : { range_end: base64(end) }) };
}

export function encodeWatch(range: KeyRange, fromRevision: number): object {
  return { create_request: { ...encodeRange(range), start_revision: String(fromRevision) } };
}

/** Throws when it is not what etcd answers. */
export function decodeTransaction(answer: unknown): TransactionAnswer {
  const { header, succeeded, responses } = asObject(answer);
  const ranges = asList(responses).flatMap((response) => {
    const range = asObject(response)["response_range"];
    return range === undefined ? [] : [decodeRangeAnswer(asObject(range))];
  });
  return { header: decodeHeader(header), succeeded: succeeded === true, ranges };
}

function decodeRangeAnswer({ kvs, more }: Record<string, unknown>): RangeAnswer {
  return { keyValues: asList(kvs).map(decodeKeyValue), more: more === true };
}

/** `result` of one line of a watch's stream. */
export function decodeWatch(result: unknown): WatchAnswer {
  const { header, created, canceled, compact_revision, cancel_reason, events } = asObject(result);
  const over = canceled === true || compact_revision !== undefined;
  return {
    header: decodeHeader(header),
    created: created === true,
    canceled: over ? { compacted: compact_revision !== undefined, reason: text(cancel_reason) } : undefined,
    events: asList(events).map(decodeEvent),
  };
}

function decodeEvent(event: unknown): WatchEvent {
  const { type, kv } = asObject(event);
  const keyValue = decodeKeyValue(kv);
  if (type !== "DELETE") return { kind: "put", keyValue };
  return { kind: "delete", key: keyValue.key, modRevision: keyValue.modRevision };
}

export function decodeHeader(header: unknown): Header {
  const { cluster_id, revision } = asObject(header);
  const clusterId = text(cluster_id);
  if (clusterId === "") throw new Error("the answer names no cluster");
  return { clusterId, revision: revision === undefined ? undefined : wholeNumber(revision) };
}

function decodeKeyValue(keyValue: unknown): KeyValue {
  const { key, value, create_revision, mod_revision, lease } = asObject(keyValue);
  return {
    key: utf8(key),
    value: utf8(value),
    createRevision: wholeNumber(create_revision),
    modRevision: wholeNumber(mod_revision),
    lease: text(lease) === "" ? noLease : text(lease),
  };
}

export function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error("an object is missing in the answer");
  return value as Record<string, unknown>;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A number as the gateway writes it; 0 when it is left out. */
export function wholeNumber(value: unknown): number {
  const number = value === undefined ? 0 : Number(value);
  if (!Number.isSafeInteger(number))
    throw new Error(`${String(value)} is no number that can be counted with`);
  return number;
}

export function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function base64(value: string): string {
  return Buffer.from(value, "utf8").toString("base64");
}

function utf8(value: unknown): string {
  return Buffer.from(text(value), "base64").toString("utf8");
}
