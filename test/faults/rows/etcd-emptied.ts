import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { askEtcd } from "../lab/etcd-word.ts";
import { nothingMore, type Row, type Scene } from "../row.ts";
import { allKeys, isAlarmed, isSound, lastingKeys, newestEvent } from "../store-word.ts";

const reconciledWithinMs = 5_000;
/** Somebody's mistake, or one of etcd's own: 3.4 has lost leases wholesale. */
export const leasesRevoked: Row<LabCluster> = {
  name: "etcd-leases",
  title: "every lease in etcd is revoked",
  open: openCluster,
  play: (scene) =>
    strike(scene, ({ etcdHosts: [member] }) => {
      if (member === undefined) throw new Error("lab: etcd has members");
      const { leases = [] } = askEtcd(member, "/v3/lease/leases") as { leases?: { ID: string }[] };
      if (leases.length === 0) scene.complain("there was no lease to revoke");
      for (const { ID } of leases) askEtcd(member, "/v3/lease/revoke", { ID });
    }),
};

export const keysDeleted: Row<LabCluster> = {
  name: "etcd-keys",
  title: "every key in etcd is deleted",
  open: openCluster,
  play: (scene) =>
    strike(scene, ({ etcdHosts: [member], gateways }) => {
      if (member === undefined) throw new Error("lab: etcd has members");
      const { deleted = "0" } = askEtcd(member, "/v3/kv/deleterange", allKeys) as { deleted?: string };
      if (Number(deleted) < gateways.length) scene.complain(`${deleted} keys were there to be deleted`);
    }),
};

/** No routing table may change by it, and what is missing comes back by itself, with a word about it. */
async function strike(scene: Scene<LabCluster>, act: (cluster: LabCluster) => void): Promise<() => void> {
  const { site: cluster, clock } = scene;
  const keys = lastingKeys(cluster);
  const lastEvent = await newestEvent(cluster);
  const struckAt = clock.now();
  act(cluster);
  const alarmed = await eventually(() => isAlarmed(cluster, lastEvent), { withinMs: 10_000 });
  if (alarmed === undefined) scene.complain("nobody raised an alarm");
  const sound = await eventually(
    async () => ((await isSound(cluster)) && lastingKeys(cluster) === keys) || undefined,
    { withinMs: 30_000 },
  );
  const value = sound === undefined ? Infinity : clock.now() - struckAt;
  scene.figure({ name: "reconciled", unit: "ms", value, limit: reconciledWithinMs });
  await pause(scene.holdMs);
  await cluster.whole(30_000);
  const changes = cluster.gateways.flatMap(({ tables }) => tables.changesSince(struckAt));
  scene.figure({ name: "changes of the tables", unit: "count", value: changes.length, limit: 0 });
  return nothingMore;
}
