import type { Duration, Size } from "./config.ts";
import type { Issues, KeyPath } from "./issues.ts";

const durationUnits: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = {
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
};
/** The longest time that a timer takes. */
const durationMsMax = 2_147_483_647;

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Milliseconds; `fallback` when nothing is written, and when an issue was added. */
export function readDuration(
  value: Duration | undefined,
  fallback: number,
  path: KeyPath,
  issues: Issues,
  range: Range = { min: 1, max: durationMsMax },
): number {
  if (value === undefined) return fallback;
  const ms = inUnits(value, durationUnits);
  if (ms !== undefined) return readWithin(ms, fallback, path, issues, range, " ms");
  issues.add(path, `${JSON.stringify(value)} is no duration; write milliseconds or a text like "30s"`);
  return fallback;
}

/** Bytes; `fallback` when nothing is written, and when an issue was added. */
export function readSize(
  value: Size | undefined,
  fallback: number,
  path: KeyPath,
  issues: Issues,
  range: Range = { min: 1, max: Number.MAX_SAFE_INTEGER },
): number {
  if (value === undefined) return fallback;
  const bytes = inUnits(value, sizeUnits);
  if (bytes !== undefined) return readWithin(bytes, fallback, path, issues, range, " bytes");
  issues.add(path, `${JSON.stringify(value)} is no size; write bytes or a text like "64KiB"`);
  return fallback;
}

/** As `readDuration` reads it, in the largest unit that says it exactly. */
export function durationText(ms: number): string {
  return inLargest(ms, ["d", "h", "m", "s", "ms"], durationUnits);
}

/** As `readSize` reads it, in the largest unit that says it exactly. */
export function sizeText(bytes: number): string {
  return inLargest(bytes, ["GiB", "MiB", "KiB", "GB", "MB", "kB", "B"], sizeUnits);
}

export function readCount(
  value: number | undefined,
  fallback: number,
  path: KeyPath,
  issues: Issues,
  range: Range,
): number {
  if (value === undefined || Number.isInteger(value)) return readWithin(value, fallback, path, issues, range);
  issues.add(path, `${value} is not a whole number`);
  return fallback;
}

export function readWithin(
  value: number | undefined,
  fallback: number,
  path: KeyPath,
  issues: Issues,
  { min, max }: Range,
  unit = "",
): number {
  if (value === undefined) return fallback;
  if (value >= min && value <= max) return value;
  issues.add(path, `${value}${unit} is out of range; allowed are ${min} to ${max}${unit}`);
  return fallback;
}

function inLargest(value: number, names: readonly string[], units: Record<string, number>): string {
  const whole = names.find((name) => value % (units[name.toLowerCase()] ?? 1) === 0 && value > 0);
  const name = whole ?? names.at(-1) ?? "";
  return `${value / (units[name.toLowerCase()] ?? 1)}${name}`;
}

function inUnits(value: number | string, units: Record<string, number>): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? Math.round(value) : undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(value.trim());
  if (match === null) return undefined;
  const unit = units[(match[2] ?? "").toLowerCase()];
  return unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}
