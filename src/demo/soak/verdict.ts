import type { Life, Rest, Row, Sample } from "./recorder.ts";
import { steepness, type Steepness, type Trend, trendOf } from "./trend.ts";

/** How one process did. */
export interface ProcessVerdict {
  name: string;
  /** Of the longest life. */
  pid: number;
  lives: number;
  /** It lived through all of the time that is judged. */
  judged: boolean;
  memory: Trend | undefined;
  /** Of what was open at the rests. */
  descriptors: Trend | undefined;
  /** Within the judged time. */
  rests: readonly Rest[];
  first: Row;
  last: Row;
  descriptorsMax: number;
}

/** The last two thirds of a load are judged: what a process needs at all, it has by then. */
export function judgedFrom(beganMs: number, endedMs: number): number {
  return beganMs + (endedMs - beganMs) / 3;
}

/** For each name its longest life within the judged time. */
export function judge(lives: readonly Life[], beganMs: number, endedMs: number): ProcessVerdict[] {
  const fromMs = judgedFrom(beganMs, endedMs);
  const names = [...new Set(lives.map((life) => life.name))].toSorted();
  return names.flatMap((name) => {
    const ofName = lives.filter((life) => life.name === name);
    const longest = ofName.toSorted((one, other) => spanOf(other) - spanOf(one))[0];
    const rows = longest?.rows.filter((row) => row.atMs >= fromMs && row.atMs <= endedMs) ?? [];
    const first = rows[0];
    const last = rows.at(-1);
    const rests = longest?.rests.filter(({ atMs }) => atMs >= fromMs) ?? [];
    if (longest === undefined || first === undefined || last === undefined) return [];
    return {
      name,
      pid: longest.pid,
      lives: ofName.length,
      judged: longest.fromMs <= fromMs && longest.untilMs >= endedMs,
      memory: trendOf(rows.map((row) => ({ atMs: row.atMs, value: row.residentBytes }))),
      descriptors: trendOf(rests.map(({ atMs, descriptors }) => ({ atMs, value: descriptors }))),
      rests,
      first,
      last,
      descriptorsMax: Math.max(...ofName.flatMap((life) => life.rows.map((row) => row.descriptorsMax))),
    };
  });
}

function spanOf(life: Life): number {
  return life.untilMs - life.fromMs;
}

/** Proxies choose among the controllers: how many connections one of them has is chance, only the sum is not. */
export function isOneOfMany(name: string): boolean {
  return /^controller-\d+$/.test(name);
}

/** Those whose memory, or descriptors, do so. */
export function thoseThat(
  are: Steepness,
  verdicts: readonly ProcessVerdict[],
  of: "memory" | "descriptors",
): ProcessVerdict[] {
  return verdicts.filter((verdict) => {
    const trend = verdict[of];
    if (!verdict.judged || trend === undefined || steepness(trend) !== are) return false;
    return of === "memory" || !isOneOfMany(verdict.name);
  });
}

/** Kinds of processes of which none lived through all of the judged time: nothing is known of them. */
export function neverJudged(verdicts: readonly ProcessVerdict[]): string[] {
  const kindOf = ({ name }: ProcessVerdict): string => name.replace(/-\d+$/, "");
  const judged = new Set(verdicts.filter((verdict) => verdict.judged).map(kindOf));
  return [...new Set(verdicts.map(kindOf))].filter((kind) => !judged.has(kind));
}

/** What must be as it was, when nobody asks for anything any more. */
const restful = ["descriptors", "sockets", "connections", "inFlight", "deadlines"] as const;

/** What is more than at the base, in words; empty: everything has come back. */
export function notBack(base: ReadonlyMap<string, Sample>, now: ReadonlyMap<string, Sample>): string[] {
  const wanted = [...base].filter(([name]) => !isOneOfMany(name));
  return wanted.flatMap(([name, before]) => {
    const after = now.get(name);
    if (after === undefined) return [`${name} is not there`];
    return restful
      .filter((gauge) => (after[gauge] ?? 0) > (before[gauge] ?? 0))
      .map((gauge) => `${name}: ${after[gauge]} ${wordOf(gauge)} (${before[gauge] ?? 0} before)`);
  });
}

function wordOf(gauge: (typeof restful)[number]): string {
  return gauge === "inFlight" ? "requests in flight" : gauge;
}
