import { shortMs, textTable } from "../text-table.ts";
import type { LargeResult } from "./large-transfer.ts";
import { memoryMaxBytes } from "./large-transfer.ts";
import type { RoughCounts } from "./rough-clients.ts";
import type { SoakResult } from "./soak.ts";
import { flatMax, type Trend } from "./trend.ts";
import { neverJudged, type ProcessVerdict, thoseThat } from "./verdict.ts";

export interface Check {
  /** Undefined: shown, not judged. */
  ok: boolean | undefined;
  text: string;
}

/** In less time than this a process still settles, and a trend says little. */
const judgedMinutesMin = 15;

export function held(checks: readonly Check[]): boolean {
  return checks.every((check) => check.ok !== false);
}

export function checkLines(checks: readonly Check[]): string[] {
  return checks.map(({ ok, text }) => `${ok === undefined ? "--  " : ok ? "ok  " : "FAIL"} ${text}`);
}

/** What a soak found, as lines of at most 80 columns. */
export function soakLines(result: SoakResult): string[] {
  return [
    ...processLines(result.processes),
    "",
    ...roughLines(result.rough),
    "",
    ...Object.entries(result.faults).map(([name, count]) => `${String(count).padStart(5)} x ${name}`),
  ];
}

export function soakChecks(result: SoakResult): Check[] {
  const { tally, load, rough, notBack, complaints, loads } = result;
  const visits = Object.values(rough);
  const sum = (of: "begun" | "wrong" | "stuck"): number => visits.reduce((all, one) => all + one[of], 0);
  const failures = Object.entries(tally.failures).map(([name, count]) => `${count} x ${name}`);
  return [
    {
      ok: tally.failed + tally.refused === 0 && load.sent === load.planned && tally.requests === load.sent,
      text:
        `${load.sent} requests of clients that behave: ${tally.failed} failed, ${tally.refused} refused` +
        `${failures.length > 0 ? ` (${failures.join("; ")})` : ""}; ${tally.outcomeUnknown} outcome-unknown, ` +
        `${tally.exempt} on a killed proxy's connections, slowest ${shortMs(tally.slowestMs)}`,
    },
    {
      ok: tally.doubled.length + tally.unexecuted.length === 0,
      text: `executed twice: ${tally.doubled.length}; acknowledged, never executed: ${tally.unexecuted.length}`,
    },
    {
      ok: sum("wrong") + sum("stuck") === 0,
      text: `${sum("begun")} visits of rough clients: ${sum("wrong")} got what is wrong, ${sum("stuck")} got stuck`,
    },
    {
      ok: complaints.length === 0,
      text: complaints.join("; ") || "after every fault the cluster was whole again",
    },
    ...(["memory", "descriptors"] as const).map((of) => flatCheck(result, of)),
    linksCheck(result.processes),
    {
      ok: notBack.length === 0,
      text: notBack.join("; ") || `after each of ${loads} loads everything came back to what it was`,
    },
  ];
}

function flatCheck({ processes, minutes, collects }: SoakResult, of: "memory" | "descriptors"): Check {
  const growing = thoseThat("grows", processes, of);
  const unknown = thoseThat("unknown", processes, of);
  const missing = neverJudged(processes);
  const limit = `${flatMax * 100} % in 10 minutes`;
  const how = of === "descriptors" ? ", at rest" : collects ? ", garbage collected" : ", with its garbage";
  if (minutes < judgedMinutesMin)
    return { ok: undefined, text: `${of}${how}: not judged, ${minutes} minutes are too short` };
  const slopes = (some: readonly ProcessVerdict[]): string =>
    some.map((one) => `${one.name} (${trendText(one[of])} %)`).join(", ");
  const wrong = [
    ...(growing.length > 0 ? [`more than ${limit} of ${slopes(growing)}`] : []),
    ...(missing.length > 0 ? [`no process was judged of the kinds ${missing.join(", ")}`] : []),
  ];
  const open = unknown.length > 0 ? [`not known well enough of ${slopes(unknown)}`] : [];
  if (wrong.length > 0) return { ok: false, text: `${of}${how}: ${[...wrong, ...open].join("; ")}` };
  if (open.length > 0) return { ok: undefined, text: `${of}${how}: ${open.join("")}` };
  return { ok: true, text: `${of}${how}: flat, of no process more than ${limit}` };
}

/** Workers that join are reached over links: without any, half of what is to be judged was not there. */
function linksCheck(processes: readonly ProcessVerdict[]): Check {
  const sent = processes
    .filter(({ judged }) => judged)
    .reduce((sum, { first, last }) => sum + (last.linkRequests ?? 0) - (first.linkRequests ?? 0), 0);
  return { ok: sent > 0, text: `${sent} requests over links in the judged time` };
}

function processLines(processes: readonly ProcessVerdict[]): string[] {
  return textTable(
    [
      { title: "process", align: "left" },
      { title: "lives", align: "right" },
      { title: "MB", align: "right" },
      { title: "%/10min", align: "right" },
      { title: "heap", align: "right" },
      { title: "at rest", align: "right" },
      { title: "most", align: "right" },
      { title: "%/10min", align: "right" },
      { title: "", align: "left" },
    ],
    processes.map((one) => [
      one.name,
      String(one.lives),
      `${megabytes(one.first.residentBytes)}-${megabytes(one.last.residentBytes)}`,
      trendText(one.memory),
      `${megabytes(one.first.heapBytes)}-${megabytes(one.last.heapBytes)}`,
      restText(one),
      String(one.descriptorsMax),
      trendText(one.descriptors),
      one.judged ? "" : "replaced",
    ]),
  );
}

/** Open at the first and at the last rest of the judged time. */
function restText({ rests }: ProcessVerdict): string {
  const [first, last] = [rests[0], rests.at(-1)];
  return first === undefined || last === undefined ? "" : `${first.descriptors}-${last.descriptors}`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : String(Math.round(bytes / 1e6));
}

/** Growth, and its standard error. */
function trendText(trend: Trend | undefined): string {
  if (trend === undefined) return "";
  return `${(trend.growth * 100).toFixed(1)}±${(trend.standardError * 100).toFixed(1)}`;
}

function roughLines(rough: RoughCounts): string[] {
  return textTable(
    [
      { title: "a client that", align: "left" },
      { title: "came", align: "right" },
      { title: "fine", align: "right" },
      { title: "cut", align: "right" },
      { title: "wrong", align: "right" },
      { title: "stuck", align: "right" },
    ],
    Object.entries(rough).map(([name, { begun, fine, cut, wrong, stuck }]) =>
      [name, begun, fine, cut, wrong, stuck].map(String),
    ),
  );
}

export function largeChecks(results: readonly LargeResult[]): Check[] {
  return results.map(({ direction, service, bytes, seconds, memoryBytes, right }) => {
    const grown = memoryBytes.peak - memoryBytes.before;
    return {
      ok: right && grown <= memoryMaxBytes,
      text:
        `${direction} of ${bytes / 1e9} GB (${service}): ${right ? "every byte" : "NOT every byte"} in its place, ` +
        `${Math.round(bytes / 1e6 / seconds)} MB/s; the proxy took ${megabytes(grown)} MB more ` +
        `(of ${megabytes(memoryBytes.before)}; at most ${megabytes(memoryMaxBytes)})`,
    };
  });
}
