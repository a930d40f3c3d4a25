import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { pause } from "../../../src/demo/wait.ts";
import { nothingMore, type Row } from "../row.ts";

/** Each packet between a gateway and a worker is lost by this chance, in both directions. */
export function packetLoss(percent: number, evictionsMax: number): Row<LabCluster> {
  return {
    name: `loss-${percent}`,
    title: `${percent} % of the packets between gateways and workers are lost`,
    open: openCluster,
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
      const evictions = cluster.fleet.ids.flatMap((id) =>
        cluster.gateways.map(
          ({ tables }) =>
            tables
              .changesSince(struckAt)
              .filter(({ worker, at, state }) => worker === id && at < healedAt && state?.kind !== "live")
              .length,
        ),
      );
      const value = Math.max(...evictions);
      scene.figure({ name: "false evictions of a worker", unit: "count", value, limit: evictionsMax });
      await cluster.whole(30_000);
      scene.figure({ name: "whole after the heal", unit: "ms", value: clock.now() - healedAt });
      return nothingMore;
    },
  };
}
