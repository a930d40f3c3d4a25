import type { RequestRecord } from "../load/record.ts";
import { latencyMs } from "../load/record.ts";
import type { FaultTimes } from "../drill/fault.ts";
import type { Tally } from "../drill/tally.ts";
import { shortMs } from "../text-table.ts";

/** The block that the demo opens with. */
export function openingLines(about: {
  listenPort: number;
  controlPort: number;
  proxies: number;
  controllers: number;
  workers: number;
  readyMs: number;
  directory: string;
  /** At a terminal with the token, and then longer than a line. */
  dashboard: string;
}): string[] {
  const { listenPort, controlPort } = about;
  return [
    "skein: a cluster that keeps answering",
    "",
    `  gateway   http://127.0.0.1:${listenPort}/orders/7   (curl it)`,
    `  control   http://127.0.0.1:${controlPort}/v1/workers`,
    `  dashboard ${about.dashboard}`,
    `  inside    ${about.proxies} proxies, ${about.controllers} controllers, ${about.workers} workers of "orders"`,
    `  ready in  ${(about.readyMs / 1000).toFixed(2)} s`,
    `  state in  ${about.directory}`,
  ];
}

export const keyLines = [
  "  l kill the leader    w kill a worker    f stop a worker for 6 s",
  "  b block a worker     r roll all workers                    q quit",
];

/** The live line: what clients got in the last second, and who is there. At most 80 columns. */
export function statusLine(
  recent: readonly RequestRecord[],
  cluster: { workers: readonly string[]; controllers: number; proxies: number; led: boolean },
): string {
  const failed = recent.filter(
    (record) => record.outcome.kind !== "answered" || record.outcome.status >= 500,
  ).length;
  const slowest = recent.reduce((worst, record) => Math.max(worst, latencyMs(record)), 0);
  const requests = `${String(recent.length).padStart(3)} req/s ${failed} failed max ${shortMs(slowest).padEnd(5)}`;
  const processes = `${cluster.proxies} proxies ${cluster.controllers} ctl${cluster.led ? "" : " (no leader)"}`;
  return `  ${requests} | workers ${cluster.workers.join(" ")} | ${processes}`.slice(0, 79);
}

/** What a fault did to the clients, measured. */
export function outcomeLines(title: string, sum: Tally, times: FaultTimes): string[] {
  const apart = [
    ...(sum.outcomeUnknown > 0 ? [`${sum.outcomeUnknown} POSTs with unknown outcome`] : []),
    ...(sum.exempt > 0 ? [`${sum.exempt} on a lost proxy`] : []),
  ];
  return [
    `  ${title}: ${sum.requests} requests, ${sum.failed + sum.refused} failed`,
    ...(apart.length > 0 ? [`    apart from that ${apart.join(", ")}`] : []),
    `    slowest ${shortMs(sum.slowestMs)}, noticed after ${shortMs(times.detectMs)}, whole ${shortMs(times.recoverMs)} after the heal`,
  ];
}
