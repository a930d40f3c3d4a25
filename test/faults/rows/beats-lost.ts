import { pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openClusterOfJoiners } from "../lab-cluster.ts";
import { nothingMore, type Row } from "../row.ts";

/** Far beyond every lease. */
const holdMs = 30_000;

/** What a worker says to its controllers is lost on the way; what comes from there arrives, and requests pass both ways. */
export const beatsLost: Row<LabCluster> = {
  name: "beats-lost",
  title: "one way: a worker's beats reach no controller, its data path is well",
  open: openClusterOfJoiners,
  holdMs,
  async play(scene) {
    const { site: cluster, clock } = scene;
    const [worker] = cluster.workers;
    const [id] = cluster.fleet.ids;
    const struckAt = clock.now();
    for (const { host } of cluster.gateways) worker?.dropOwnTowards(host.address);
    await pause(scene.holdMs);
    const healedAt = clock.now();
    const changes = cluster.gateways.map(({ tables }) =>
      tables.changesSince(struckAt).filter((change) => change.worker === id && change.state?.kind !== "live"),
    );
    scene.figure({
      name: "taken out by a gateway",
      unit: "count",
      value: Math.max(...changes.map(({ length }) => length)),
      limit: 0,
    });
    cluster.heal();
    await cluster.whole(30_000);
    scene.figure({ name: "whole after the heal", unit: "ms", value: clock.now() - healedAt });
    return nothingMore;
  },
};
