import type { StatisticsReport } from "../protocol/evidence.ts";
import { hostOf } from "./proxy-host.ts";

/** What a proxy told last, and when. */
export interface Heard {
  report: StatisticsReport;
  at: number;
}

export interface TableAge {
  proxy: string;
  ageMs: number;
}

/** They report each second. */
const liveMs = 3_500;

export function isLive({ at }: Heard, now: number): boolean {
  return now - at < liveMs;
}

/**
 * Whether one that is silent ended: it said that it leaves, or one of its host began after its last word and so has its
 * place. An older version does not say that it leaves: it may have, and counts as ended.
 */
export function hasEnded(silent: Heard, heard: readonly Heard[]): boolean {
  return silent.report.leaving !== false || hasSuccessor(silent, heard);
}

/**
 * How old the table of each proxy is. Whoever hears no controller reports to none either: the age of a silent one's table
 * grows, unless it has ended.
 */
export function tableAges(heard: readonly Heard[], now: number): TableAge[] {
  return heard.flatMap((one) => {
    const { proxy, table } = one.report;
    const mayLive = isLive(one, now) || !hasEnded(one, heard);
    return table === undefined || !mayLive ? [] : [{ proxy, ageMs: table.heardMsAgo + now - one.at }];
  });
}

function hasSuccessor(ended: Heard, heard: readonly Heard[]): boolean {
  const host = hostOf(ended.report.proxy);
  return heard.some((other) => {
    const upMs = other.report.process?.upMs ?? Number.POSITIVE_INFINITY;
    return other.at - upMs > ended.at && hostOf(other.report.proxy) === host;
  });
}
