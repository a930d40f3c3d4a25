import type { Override } from "../store.ts";
import { Keys } from "./keys.ts";
import { encodeRecord, type Head, type Identity } from "./records.ts";
import { type KeyValue, noLease, type WatchEvent } from "./wire.ts";

export const testKeys = new Keys("skein");

export function keyValue(
  key: string,
  value: string,
  modRevision: number,
  createRevision = modRevision,
): KeyValue {
  const lease = key === testKeys.leader ? "lease-1" : noLease;
  return { key, value, modRevision, createRevision, lease };
}

export function put(key: string, value: string, modRevision: number, createRevision?: number): WatchEvent {
  return { kind: "put", keyValue: keyValue(key, value, modRevision, createRevision) };
}

export function gone(key: string, modRevision: number): WatchEvent {
  return { kind: "delete", key, modRevision };
}

export function identityRecord(revision: number, identity: Partial<Identity> = {}): KeyValue {
  const whole = { id: "store-1", incarnation: 0, termBase: 0, ...identity };
  return keyValue(testKeys.identity, encodeRecord(whole), revision);
}

export function headRecord(revision: number, head: Partial<Head> = {}): KeyValue {
  const none = {
    write: `w${revision}`,
    configuration: null,
    overrides: 0,
    events: { firstId: 0, lastId: 0 },
  };
  return keyValue(testKeys.head, encodeRecord({ ...none, ...head }), revision);
}

export function overrideRecord(revision: number, id: string, override: Partial<Override> = {}): KeyValue {
  const whole: Override = { service: "web", id, drain: true, weight: null, ...override };
  return keyValue(testKeys.override(whole.service, id), JSON.stringify(whole), revision);
}
