import type { RequestRecord } from "../../src/demo/load/record.ts";
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

/** Three tenths of what the workers can do; then three times that, as one tenant asks for twice of it; then six tenths. */
export function phases(overloadSeconds: number): Phase[] {
  return [
    { name: "calm", seconds: 12, shares: greedyLast(0.02, 0.02) },
    { name: "overload", seconds: overloadSeconds, shares: greedyLast(0.1, 2) },
    { name: "after", seconds: 8, shares: greedyLast(0.05, 0.05) },
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
  lateMsP99: number;
}

/** A client's patience: what comes later is of no use to it. */
const timeoutMs = 1_000;
const keptSeconds = 0.5;

/** Open loop: what is due is sent, whatever became of those before. One phase follows the other without a gap. */
export async function load(port: number, capacityPerSecond: number, plan: readonly Phase[]): Promise<Loaded> {
  const records = new Map<string, RequestRecord[]>([...tenants, critical].map((name) => [name, []]));
  const begin = (name: string, run: string, share: number, fields: Record<string, string>): OpenLoop => {
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
    const loop = new OpenLoop(options, systemClock, (record) => records.get(name)?.push(record));
    loop.start();
    return loop;
  };
  const loaded: LoadedPhase[] = [];
  const ended = [];
  const always = begin(critical, "all", criticalShare, { "x-priority": "critical", "x-tenant": critical });
  for (const phase of plan) {
    const from = systemClock.now();
    const loops = tenants.map((name, at) =>
      begin(name, phase.name, phase.shares[at] ?? 0, { "x-tenant": name }),
    );
    await pause(phase.seconds * 1_000);
    loaded.push({ ...phase, from, until: systemClock.now() });
    ended.push(...loops.map((loop) => loop.stop()));
  }
  ended.push(always.stop());
  const reports = await Promise.all(ended);
  return { phases: loaded, records, lateMsP99: Math.max(...reports.map((report) => report.lateMsP99)) };
}
