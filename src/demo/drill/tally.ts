import { latencyMs, type RequestRecord } from "../load/record.ts";

/** What the row did to the gateway, as far as it excuses a failure. */
export interface Excuses {
  /**
   * Monotonic times at which proxies were killed or stopped. A request that ended without an answer after such a
   * time, on a connection that was opened before it, was on a connection that the lost proxy had accepted.
   */
  proxiesLostAt: number[];
  /** A worker was killed: a POST that had reached it may be answered with 502 outcome-unknown. */
  workersKilled: boolean;
  /** A host was cut off: nobody can say what became of a POST there, and it ends with its time (504 head-timeout). */
  hostsLost?: boolean;
}

export interface Tally {
  requests: number;
  answered: number;
  /** Answered with 5xx or 404, reset, timed out or garbled, without an excuse. */
  failed: number;
  /** The connection could not be opened. */
  refused: number;
  /** On a connection that a killed or stopped proxy had accepted. */
  exempt: number;
  /** POSTs of which nobody can say whether they were executed, and which were told so. */
  outcomeUnknown: number;
  slow: number;
  slowestMs: number;
  /** Ids of POSTs executed more than once. */
  doubled: string[];
  /** Ids of POSTs that were acknowledged but never executed. */
  unexecuted: string[];
  /** What the failures were: counts by a short name. */
  failures: Record<string, number>;
}

export const slowMs = 1000;

/** The account of a load: every record is counted in exactly one of answered, failed, refused, exempt, outcomeUnknown. */
export function tally(
  records: readonly RequestRecord[],
  executions: ReadonlyMap<string, number>,
  excuses: Excuses,
): Tally {
  const sum: Tally = {
    requests: records.length,
    answered: 0,
    failed: 0,
    refused: 0,
    exempt: 0,
    outcomeUnknown: 0,
    slow: 0,
    slowestMs: 0,
    doubled: [],
    unexecuted: [],
    failures: {},
  };
  for (const record of records) count(sum, record, executions, excuses);
  return sum;
}

function count(
  sum: Tally,
  record: RequestRecord,
  executions: ReadonlyMap<string, number>,
  excuses: Excuses,
): void {
  const executed = executions.get(record.id) ?? 0;
  const kind = classOf(record, excuses);
  sum[kind] += 1;
  if (executed > 1) sum.doubled.push(record.id);
  if (kind === "answered" && record.method === "POST" && executed === 0) sum.unexecuted.push(record.id);
  if (kind === "failed" || kind === "refused") {
    const name = failureName(record);
    sum.failures[name] = (sum.failures[name] ?? 0) + 1;
  }
  // An exempt request may end late because the proxy that held it was stopped: it is not the gateway's slowness.
  if (kind === "exempt") return;
  const took = latencyMs(record);
  if (took > slowMs) sum.slow += 1;
  sum.slowestMs = Math.max(sum.slowestMs, took);
}

type Class = "answered" | "failed" | "refused" | "exempt" | "outcomeUnknown";

function classOf(record: RequestRecord, excuses: Excuses): Class {
  const { outcome } = record;
  switch (outcome.kind) {
    case "answered":
      if (outcome.status < 400) return "answered";
      return isUnknown(record.method, outcome.reason, excuses) ? "outcomeUnknown" : "failed";
    case "refused":
      return onLostProxy(record, excuses) ? "exempt" : "refused";
    case "reset":
    case "timeout":
      return onLostProxy(record, excuses) ? "exempt" : "failed";
    case "garbled":
      return "failed";
  }
}

function isUnknown(method: string, reason: string | undefined, excuses: Excuses): boolean {
  if (method !== "POST") return false;
  if (reason === "outcome-unknown") return excuses.workersKilled;
  return reason === "head-timeout" && excuses.hostsLost === true;
}

function onLostProxy(record: RequestRecord, excuses: Excuses): boolean {
  return excuses.proxiesLostAt.some((at) => record.connectionOpenedAt <= at && record.endedAt >= at);
}

/** A short name of what went wrong, for the report. */
export function failureName(record: RequestRecord): string {
  const { method, outcome } = record;
  switch (outcome.kind) {
    case "answered":
      return `${method} ${outcome.status} ${outcome.reason ?? "(from the worker)"}`;
    case "timeout":
      return `${method} timeout`;
    default:
      return `${method} ${outcome.kind}: ${outcome.detail}`;
  }
}
