import { shortTime } from "../short-time.ts";
import { printable, type Terminal } from "../terminal.ts";

/** Which lines are wanted. */
export interface LogFilter {
  /** Name of a process, such as `proxy-1`; or its role. */
  process?: string | undefined;
  /** This level and worse. */
  level?: Level | undefined;
}

export const levels = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type Level = keyof typeof levels;

/** One line as the processes write it; undefined: text of something else, such as a crash of Node itself. */
interface Entry {
  level: number;
  time: number;
  msg: string;
  name?: string;
  role?: string;
}

const ownFields = new Set(["level", "time", "msg", "pid", "hostname", "role", "name", "epoch", "childPid"]);

/** Undefined: it is not wanted. Lines that are no entries are told as they are, unless entries were asked for. */
export function logLine(
  line: string,
  filter: LogFilter,
  json: boolean,
  paint: Terminal["paint"],
): string | undefined {
  const entry = entryOf(line);
  if (entry === undefined) {
    const plain = filter.process === undefined && filter.level === undefined && !json;
    return plain && line !== "" ? withoutEscapes(line) : undefined;
  }
  if (filter.process !== undefined && entry.name !== filter.process && entry.role !== filter.process)
    return undefined;
  if (entry.level < levels[filter.level ?? "debug"]) return undefined;
  return json ? line : forPeople(entry, paint);
}

function entryOf(line: string): (Entry & Record<string, unknown>) | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as Entry & Record<string, unknown>;
    const { level, msg, time, name = "", role = "" } = value;
    const isOurs = typeof level === "number" && typeof msg === "string" && isMoment(time);
    return isOurs && typeof name === "string" && typeof role === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of those that a date can be. */
function isMoment(time: unknown): boolean {
  return typeof time === "number" && !Number.isNaN(new Date(time).getTime());
}

function forPeople(entry: Entry & Record<string, unknown>, paint: Terminal["paint"]): string {
  const time = shortTime(new Date(entry.time).toISOString(), undefined, 23);
  const who = printable(entry.name ?? entry.role ?? "");
  const fields = Object.entries(entry).filter(([key]) => !ownFields.has(key));
  const more = fields.map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const text = printable([entry.msg, ...more].join("  "));
  const colour = entry.level >= levels.error ? "red" : entry.level >= levels.warn ? "yellow" : undefined;
  return `${paint("dim", time)}  ${who.padEnd(12)}  ${colour === undefined ? text : paint(colour, text)}`;
}

/** What was made readable for a terminal keeps its text alone. */
function withoutEscapes(line: string): string {
  return printable(line).replaceAll(/\\x1b\[[0-9;]*m/g, "");
}
