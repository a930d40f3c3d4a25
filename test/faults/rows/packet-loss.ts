import type { TableChange } from "../../../src/demo/cluster/table-watch.ts";
import type { WorkerKind } from "../../../src/demo/cluster/worker-process.ts";
import { pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster, openClusterOfJoiners } from "../lab-cluster.ts";
import { nothingMore, type Row } from "../row.ts";

const opens = { plain: openCluster, sdk: openClusterOfJoiners };

/** Each packet between a gateway and a worker is lost by this chance, in both directions. */
export function packetLoss(percent: number, evictionsMax: number, kind: WorkerKind): Row<LabCluster> {
  return {
    name: kind === "plain" ? `loss-${percent}` : `loss-${percent}-${kind}`,
    title: `${percent} % of the packets between gateways and ${kind} workers are lost`,
    open: opens[kind],
    holdMs: 60_000,
    destinations: (cluster) => cluster.destinations.map((one) => ({ ...one, mayTimeOut: true as const })),
    async play(scene) {
      const { site: cluster, clock } = scene;
      const struckAt = clock.now();
      for (const worker of cluster.workers) {
        worker.loseIncoming(percent);
        for (const { host } of cluster.gateways) host.loseIncoming(percent, worker.address);
      }
      await pause(scene.holdMs);
      const healedAt = clock.now();
      cluster.heal();
      const evictions = cluster.gateways.map(({ tables }) =>
        tables.changesSince(struckAt).filter(({ at, state }) => at < healedAt && state?.kind !== "live"),
      );
      const value = Math.max(...evictions.map(mostOfOneWorker));
      scene.figure({ name: "false evictions of a worker", unit: "count", value, limit: evictionsMax });
      scene.figure({ name: "false evictions at all", unit: "count", value: evictions.flat().length });
      if (value > evictionsMax) scene.complain(`evicted: ${JSON.stringify(causesOf(evictions.flat()))}`);
      await cluster.whole(30_000);
      scene.figure({ name: "whole after the heal", unit: "ms", value: clock.now() - healedAt });
      return nothingMore;
    },
  };
}

function mostOfOneWorker(evictions: readonly TableChange[]): number {
  return Math.max(0, ...countsBy(evictions, ({ worker }) => worker).values());
}

/** How often for which reason, for people. */
function causesOf(evictions: readonly TableChange[]): Record<string, number> {
  const cause = ({ state }: TableChange): string => (state?.kind === "suspect" ? state.cause : "not there");
  return Object.fromEntries(countsBy(evictions, cause));
}

function countsBy(
  changes: readonly TableChange[],
  key: (change: TableChange) => string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const change of changes) counts.set(key(change), (counts.get(key(change)) ?? 0) + 1);
  return counts;
}
