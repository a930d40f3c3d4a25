import { exitCode, Failure } from "./failure.ts";

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const dayMs = 86_400_000;
const isoText = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * A moment as people write it, as ISO 8601: `now`; `12:03` or `12:03:10`, the last time that it was so late, in UTC as
 * `skein events` shows it, with its Z or without; `5m`, so long ago; or an ISO text, which without a zone is in UTC as
 * well.
 */
export function momentOf(text: string, nowMs: number, flag: string): string {
  const moment = momentMs(text.trim(), nowMs);
  if (Number.isNaN(new Date(moment).getTime())) {
    const forms = "12:03:10 (UTC), 5m (ago), now, or 2026-01-31T12:03:10Z";
    throw new Failure(`${flag}: "${text}" is no moment; write ${forms}`, exitCode.usage);
  }
  return new Date(moment).toISOString();
}

function momentMs(text: string, nowMs: number): number {
  if (text === "now") return nowMs;
  const ago = /^-?(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * (units[ago[2] ?? ""] ?? Number.NaN);
  if (/^\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?$/.test(text)) {
    const today = Date.parse(`${new Date(nowMs).toISOString().slice(0, 10)}T${text.replace("Z", "")}Z`);
    return today > nowMs ? today - dayMs : today;
  }
  const [, day = "", time = "00:00", zone = "Z"] = isoText.exec(text) ?? [];
  return isDay(day) ? Date.parse(`${day}T${time}${zone}`) : Number.NaN;
}

/** A 31st of February would be taken for a day of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(day);
}
