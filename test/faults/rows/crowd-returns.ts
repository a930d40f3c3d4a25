import { pidsOf, trySignal } from "../../../src/demo/cluster/gateway-process.ts";
import { latencyMs, type RequestRecord } from "../../../src/demo/load/record.ts";
import { eventually, pause } from "../../../src/demo/wait.ts";
import { type CrowdSite, openCrowdSite } from "../crowd-site.ts";
import type { Row, Scene } from "../row.ts";

const returnsWithinMs = 5_000;
const writesMax = 100;
const p99PercentMax = 200;
const calmMs = 3_000;

/** Every session ends at once, and every worker wants a new one. */
export const crowdReturns: Row<CrowdSite> = {
  name: "crowd-returns",
  title: "kill -9 every controller: 10,000 workers register again at once",
  open: openCrowdSite,
  holdMs: 60_000,
  async play(scene) {
    const { site, clock } = scene;
    noteJoining(scene);
    await pause(calmMs);
    const calmAt = clock.now();
    await pause(scene.holdMs);
    const writes = site.writes();
    site.crowd.mark();
    const struckAt = clock.now();
    for (const pid of pidsOf(await site.gateway.process.status(), "controller")) trySignal(pid, "SIGKILL");
    await goneFrom(site);
    await site.whole(90_000);
    const backAt = clock.now();
    await pause(300);
    const { firstOpenAt, lastOpenAt } = site.crowd.total;
    const ms = (name: string, value: number, limit?: number): void =>
      scene.figure({ name, unit: "ms", value, ...(limit === undefined ? {} : { limit }) });
    ms("all live in every table", backAt - struckAt, returnsWithinMs);
    ms("from the first session to the last", lastOpenAt - firstOpenAt);
    ms("all live after the last session", Math.max(0, backAt - lastOpenAt));
    scene.figure({
      name: "writing transactions of etcd",
      unit: "count",
      value: site.writes() - writes,
      limit: writesMax,
    });
    return () => {
      const records = scene.records(site.gateway.host.name);
      const before = p99Of(records, calmAt, struckAt);
      const meanwhile = p99Of(records, struckAt, backAt);
      ms("p99 before", before);
      ms("p99 meanwhile", meanwhile);
      const value = Math.round((100 * meanwhile) / before);
      scene.figure({ name: "p99 meanwhile, % of before", unit: "count", value, limit: p99PercentMax });
    };
  },
};

function noteJoining(scene: Scene<CrowdSite>): void {
  const joining = scene.site.takeJoining();
  if (joining === undefined) return;
  scene.figure({ name: "all live after joining at once", unit: "ms", value: joining.tookMs });
  scene.figure({
    name: "writing transactions of etcd at the first joining",
    unit: "count",
    value: joining.writes,
    limit: writesMax,
  });
}

/** What was known before the kill must not be taken for what came after it. */
async function goneFrom(site: CrowdSite): Promise<void> {
  const gone = await eventually(() => site.live < site.crowdSize || undefined, {
    withinMs: 10_000,
    everyMs: 5,
  });
  if (gone === undefined) throw new Error("lab: the controllers were killed, and nothing changed");
}

function p99Of(records: readonly RequestRecord[], from: number, to: number): number {
  const sorted = records
    .filter(({ scheduledAt }) => scheduledAt >= from && scheduledAt < to)
    .map(latencyMs)
    .sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}
