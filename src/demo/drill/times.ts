import { writeFileSync } from "node:fs";
import { Stage } from "../cluster/stage.ts";
import type { WorkerKind } from "../cluster/worker-process.ts";
import { Generator } from "../load/generator.ts";
import { shortMs, textTable } from "../text-table.ts";
import { pause } from "../wait.ts";
import { type Measure, measures, Site } from "./measures.ts";

export interface TimesOptions {
  kinds: readonly WorkerKind[];
  runs: number;
  workers: number;
  perSecond: number;
  /** Names of measures; unset: all. */
  only: string[] | undefined;
  json: string | undefined;
  say: (...lines: string[]) => void;
}

export interface MeasureResult {
  name: string;
  title: string;
  kind: WorkerKind;
  limitMs: number;
  /** In the order of the runs; null: the effect did not come. */
  ms: (number | null)[];
  p50Ms: number;
  maxMs: number;
  held: boolean;
  error?: string;
}

/** Takes every measure many times and tells p50 and max. Resolves to the exit code: 0 only if every limit held. */
export async function measureTimes(options: TimesOptions): Promise<number> {
  const { only } = options;
  const unknown = (only ?? []).filter((name) => !measures.some((measure) => measure.name === name));
  if (unknown.length > 0) {
    const names = measures.map((measure) => measure.name).join(", ");
    throw new Error(`no measure is called ${unknown.join(", ")}; there are ${names}`);
  }
  const results: MeasureResult[] = [];
  for (const kind of options.kinds) {
    const wanted = measures.filter(
      (measure) => measure.kinds.includes(kind) && (only === undefined || only.includes(measure.name)),
    );
    for (const measure of wanted) results.push(await take(measure, kind, options));
  }
  options.say(...timesLines(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return results.length > 0 && results.every((result) => result.held) ? 0 : 1;
}

async function take(measure: Measure, kind: WorkerKind, options: TimesOptions): Promise<MeasureResult> {
  const ms: (number | null)[] = [];
  let error: string | undefined;
  while (ms.length < options.runs && error === undefined) {
    error = await takeSome(measure, kind, options, ms);
    if (error !== undefined) process.stderr.write(`${measure.name} (${kind}): ${error}\n`);
  }
  return resultOf(measure, kind, ms, error);
}

/** As many runs as the stage has workers, then a new stage: a worker that dies often is held down by the registry. */
async function takeSome(
  measure: Measure,
  kind: WorkerKind,
  options: TimesOptions,
  ms: (number | null)[],
): Promise<string | undefined> {
  const stage = await Stage.open({ kind, workers: options.workers });
  let generator: Generator | undefined;
  try {
    await stage.start(30_000);
    const site = new Site(stage);
    if (measure.load) generator = await startLoad(stage, measure, options.perSecond);
    const last = Math.min(options.runs, ms.length + options.workers);
    while (ms.length < last) {
      // Warm: code that has run before, as in a gateway that has lived for more than a second.
      await pause(1000);
      ms.push((await measure.once(site)) ?? null);
      process.stderr.write(`${measure.name} (${kind}) ${ms.length}: ${shortMs(ms.at(-1) ?? undefined)}\n`);
    }
    return undefined;
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  } finally {
    generator?.close();
    await stage.stop();
  }
}

async function startLoad(stage: Stage, measure: Measure, perSecond: number): Promise<Generator> {
  const generator = new Generator();
  await generator.start({
    target: { host: "127.0.0.1", port: stage.listenPort },
    name: `${measure.name}-${process.pid}`,
    perSecond,
    postShare: 0.2,
    freshShare: 0.1,
    connections: 32,
    timeoutMs: 15_000,
  });
  return generator;
}

export function resultOf(
  measure: Pick<Measure, "name" | "title" | "limitMs">,
  kind: WorkerKind,
  ms: (number | null)[],
  error: string | undefined,
): MeasureResult {
  const sorted = ms.map((value) => value ?? Number.POSITIVE_INFINITY).toSorted((a, b) => a - b);
  const maxMs = sorted.at(-1) ?? Number.POSITIVE_INFINITY;
  const limitMs = measure.limitMs(kind);
  return {
    name: measure.name,
    title: measure.title,
    kind,
    limitMs,
    ms,
    p50Ms: sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY,
    maxMs,
    held: error === undefined && maxMs <= limitMs,
    ...(error === undefined ? {} : { error }),
  };
}

function timesLines(results: readonly MeasureResult[]): string[] {
  return textTable(
    [
      { title: "from the signal", align: "left" },
      { title: "kind", align: "left" },
      { title: "runs", align: "right" },
      { title: "p50", align: "right" },
      { title: "max", align: "right" },
      { title: "limit", align: "right" },
      { title: "", align: "left" },
    ],
    results.map((result) => [
      result.title,
      result.kind,
      String(result.ms.length),
      shortMs(result.p50Ms),
      shortMs(result.maxMs),
      shortMs(result.limitMs),
      result.held ? "ok" : "FAIL",
    ]),
  );
}
