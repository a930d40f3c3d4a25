import type { LoadReport, RequestRecord } from "../../src/demo/load/record.ts";
import { OpenLoop } from "../../src/demo/load/open-loop.ts";
import { pause } from "../../src/demo/wait.ts";
import { systemClock } from "../../src/runtime/clock.ts";

/** Ten tenants; the last one is greedy. What is critical belongs to none of them. */
export const tenants = Array.from({ length: 10 }, (_, at) => `tenant-${at + 1}`);
export const critical = "critical";

export interface Phase {
  name: "calm" | "overload" | "after";
  seconds: number;
  /** Of each tenant, in proportion to what the workers can do. */
  shares: readonly number[];
}

const criticalShare = 0.1;
const greedyLast = (share: number, greedy: number): number[] =>
  tenants.map((_, at) => (at === tenants.length - 1 ? greedy : share));

/** Three tenths of what the workers can do; then three times that, as one tenant asks for twice of it; then nearly all. */
export function phases(overloadSeconds: number): Phase[] {
  return [
    { name: "calm", seconds: 24, shares: greedyLast(0.02, 0.02) },
    { name: "overload", seconds: overloadSeconds, shares: greedyLast(0.1, 2) },
    { name: "after", seconds: 8, shares: greedyLast(0.085, 0.085) },
  ];
}

export interface LoadedPhase extends Phase {
  from: number;
  until: number;
}

export interface Loaded {
  phases: LoadedPhase[];
  /** By tenant, or `critical`. */
  records: Map<string, RequestRecord[]>;
  /** Of the generators. */
  planned: number;
  sent: number;
  lateMsP99: number;
}

/** A client's patience: what comes later is of no use to it. */
export const timeoutMs = 1_000;
const keptSeconds = 0.5;
/** For connections to open before they are needed: phases follow each other without a gap. */
const leadMs = 1_000;

const timesOf = (plan: readonly Phase[], startAt: number): LoadedPhase[] => {
  let at = startAt;
  return plan.map((phase) => {
    const from = at;
    at += phase.seconds * 1_000;
    return { ...phase, from, until: at };
  });
};

/** Open loop: what is due is sent, whatever became of those before. */
export async function load(port: number, capacityPerSecond: number, plan: readonly Phase[]): Promise<Loaded> {
  const loaded = timesOf(plan, systemClock.now() + leadMs);
  const records = new Map<string, RequestRecord[]>([...tenants, critical].map((name) => [name, []]));
  const run = async (stream: Stream): Promise<LoadReport> => {
    await pause(stream.from - leadMs - systemClock.now());
    const loop = loopFor(port, capacityPerSecond, stream, (record) => records.get(stream.name)?.push(record));
    // One after the other, as they would come from many.
    const gapMs = 1_000 / (stream.share * capacityPerSecond);
    loop.start(stream.from - systemClock.now() + gapMs * stream.stagger);
    await pause(stream.until - systemClock.now());
    return loop.stop();
  };
  const reports = await Promise.all(streamsOf(loaded).map(run));
  const sum = (of: (report: LoadReport) => number): number =>
    reports.reduce((all, report) => all + of(report), 0);
  return {
    phases: loaded,
    records,
    planned: sum(({ planned }) => planned),
    sent: sum(({ sent }) => sent),
    lateMsP99: Math.max(...reports.map((report) => report.lateMsP99)),
  };
}

interface Stream {
  name: string;
  /** Begins the ids of its requests. */
  run: string;
  share: number;
  fields: Record<string, string>;
  from: number;
  until: number;
  /** Of the time between two of its requests. */
  stagger: number;
}

function streamsOf(loaded: readonly LoadedPhase[]): Stream[] {
  const { from } = loaded[0] as LoadedPhase;
  const { until } = loaded.at(-1) as LoadedPhase;
  const fields = { "x-priority": "critical", "x-tenant": critical };
  const always: Stream = {
    name: critical,
    run: "all",
    share: criticalShare,
    fields,
    from,
    until,
    stagger: 0,
  };
  const byTenant = loaded.flatMap((phase) =>
    tenants.map((name, at) => ({
      name,
      run: phase.name,
      share: phase.shares[at] ?? 0,
      fields: { "x-tenant": name },
      from: phase.from,
      until: phase.until,
      stagger: (at + 1) / (tenants.length + 1),
    })),
  );
  return [always, ...byTenant];
}

function loopFor(
  port: number,
  capacityPerSecond: number,
  { name, run, share, fields }: Stream,
  onRecord: (record: RequestRecord) => void,
): OpenLoop {
  const options = {
    target: { host: "127.0.0.1", port },
    name: `${run}-${name}`,
    perSecond: share * capacityPerSecond,
    postShare: 0,
    freshShare: 0,
    // A client that waits keeps its connection: else the load would be one of new connections.
    connections: Math.ceil(share * capacityPerSecond * keptSeconds) + 4,
    timeoutMs,
    fields,
  };
  return new OpenLoop(options, systemClock, onRecord);
}
