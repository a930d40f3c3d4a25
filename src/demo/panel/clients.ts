import type { DemoClients } from "../../protocol/demo.ts";
import { type Excuses, type Tally, tally } from "../drill/tally.ts";
import type { RequestRecord } from "../load/record.ts";

/** The records of those requests that were under way at some time between `from` and `until`. */
export function recordsDuring(
  records: readonly RequestRecord[],
  from: number,
  until = Number.POSITIVE_INFINITY,
): RequestRecord[] {
  return records.filter((record) => record.endedAt >= from && record.scheduledAt <= until);
}

/**
 * How many of the requests since `from` have no record yet: a load numbers its requests, and a record comes when one has
 * ended. Those after the newest record are not known of.
 */
export function waitingSince(during: readonly RequestRecord[], from: number): number {
  const numbers = during.filter(({ scheduledAt }) => scheduledAt >= from).map(numberOf);
  if (numbers.length === 0) return 0;
  const newest = numbers.reduce((most, one) => Math.max(most, one));
  const oldest = numbers.reduce((least, one) => Math.min(least, one));
  return newest - oldest + 1 - numbers.length;
}

function numberOf({ id }: RequestRecord): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

/** While a fault lasts, when nobody has read the ledgers. */
export function clientsNow(during: readonly RequestRecord[], excuses: Excuses, from: number): DemoClients {
  return clientsOf(tally(during, new Map(), excuses), waitingSince(during, from));
}

export function clientsOf(sum: Tally, waiting: number): DemoClients {
  return {
    requests: sum.requests + waiting,
    waiting,
    answered: sum.answered,
    failed: sum.failed + sum.refused,
    onLostProxy: sum.exempt,
    outcomeUnknown: sum.outcomeUnknown,
    late: sum.slow,
    slowestMs: sum.slowestMs,
  };
}
