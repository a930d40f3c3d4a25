import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { etcdLeader } from "../lab/etcd-word.ts";
import { nothingMore, type Row, type Scene } from "../row.ts";

const reconciledWithinMs = 5_000;

export const etcdLeaderKilled: Row<LabCluster> = {
  name: "etcd-leader",
  title: "kill -9 the leader of etcd",
  open: openCluster,
  async play(scene) {
    const { site: cluster } = scene;
    const index = await etcdLeader(cluster.etcdHosts);
    return await lose(scene, [index]);
  },
};

export const etcdQuorumLost: Row<LabCluster> = {
  name: "etcd-quorum",
  title: "kill -9 two of three members of etcd",
  open: openCluster,
  async play(scene) {
    return await lose(scene, [0, 1], async () => {
      for (const gateway of scene.site.gateways) {
        const { condition } = await gateway.store();
        if (condition !== "failing") scene.complain(`${gateway.host.name} calls the store ${condition}`);
      }
    });
  },
};

/** Kills members, and starts them again. No routing table may change by it. */
async function lose(
  scene: Scene<LabCluster>,
  indexes: number[],
  meanwhile?: () => Promise<void>,
): Promise<() => void> {
  const { site: cluster, clock } = scene;
  const members = cluster.etcd.members.filter((_, index) => indexes.includes(index));
  const struckAt = clock.now();
  await Promise.all(members.map((member) => member.kill()));
  await pause(scene.holdMs);
  await meanwhile?.();
  await Promise.all(members.map((member) => member.start()));
  const returnedAt = clock.now();
  const sound = await eventually(
    async () => {
      const stores = await Promise.all(cluster.gateways.map((gateway) => gateway.store()));
      return stores.every(({ condition }) => condition === "sound") ? clock.now() : undefined;
    },
    { withinMs: 30_000 },
  );
  const value = (sound ?? Infinity) - returnedAt;
  scene.figure({ name: "sound after the return", unit: "ms", value, limit: reconciledWithinMs });
  await cluster.whole(30_000);
  const changes = cluster.gateways.flatMap(({ tables }) => tables.changesSince(struckAt));
  scene.figure({ name: "changes of the tables", unit: "count", value: changes.length, limit: 0 });
  return nothingMore;
}
