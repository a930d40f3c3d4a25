import { serviceText } from "../routing/service-text.ts";
import type { RequestRecord, RequestWhy } from "./record.ts";

/** What happened, by which rule, and what to do. */
export type Words = Omit<RequestWhy, "cause">;

/** `12 ms`, `3.2 s`. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1_000)} s`;
  if (ms >= 1_000) return `${Math.round(ms / 100) / 10} s`;
  return `${ms >= 10 ? Math.round(ms) : Math.round(ms * 10) / 10} ms`;
}

/** A limit in force, as `key = 30 s` where it is known. */
export function limit(record: RequestRecord, key: string, unit: "time" | "number" = "time"): string {
  const value = record.limits?.[key];
  if (value === undefined) return key;
  return `${key} = ${unit === "time" ? duration(value) : value}`;
}

export function noWorkerRule(record: RequestRecord): string {
  return `With no worker to be chosen a request waits (${limit(record, "timeouts.noWorkerWait")}), then 503 no-live-worker.`;
}

/** What its route names: `web`, or `web:canary`. */
export function aimText({ service = "?", subset }: RequestRecord): string {
  return serviceText({ service, subset });
}

/** Who is to be started where there is nobody. */
export function newcomer({ service, subset }: RequestRecord): string {
  if (subset === undefined) return `one that joins '${service}'`;
  return `one that belongs to subset '${subset}' (services.${service}.subsets.${subset})`;
}

/** For a command to be copied: what a client wrote must stay one word of it. */
export function shellWord(text: string): string {
  return /^[\w/.:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
