import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { nothingMore, type Row } from "../row.ts";
import { isSound, lastingKeys } from "../store-word.ts";

const heldWithinMs = 10_000;
const reconciledWithinMs = 5_000;

/** What was written after the backup is in the controllers' hands alone: they hold it until they are told to write it. */
export const etcdRestored: Row<LabCluster> = {
  name: "etcd-restored",
  title: "etcd is restored from an old backup; then the operator says that the controllers are right",
  open: openCluster,
  async play(scene) {
    const { site: cluster, clock } = scene;
    const backup = cluster.etcd.backUp();
    const { leader } = await cluster.leader();
    await leader.joinToken();
    const keys = lastingKeys(cluster);
    const struckAt = clock.now();
    await cluster.etcd.restore(backup);
    const restoredAt = clock.now();
    const held = await eventually(() => isHeld(cluster), { withinMs: heldWithinMs });
    if (held === undefined) scene.complain("a gateway took the backup for its store");
    scene.figure({ name: "held after the return", unit: "ms", value: clock.now() - restoredAt });
    await pause(scene.holdMs);
    if (lastingKeys(cluster) === keys) scene.complain("the backup was no older than what was there");
    const toldAt = clock.now();
    await leader.decideStore("republish");
    const isAsBefore = async (): Promise<true | undefined> =>
      (await isSound(cluster)) && lastingKeys(cluster) === keys ? true : undefined;
    const sound = await eventually(isAsBefore, { withinMs: 30_000 });
    const value = sound === undefined ? Infinity : clock.now() - toldAt;
    scene.figure({ name: "reconciled after the word", unit: "ms", value, limit: reconciledWithinMs });
    await cluster.whole(30_000);
    const changes = cluster.gateways.flatMap(({ tables }) => tables.changesSince(struckAt));
    scene.figure({ name: "changes of the tables", unit: "count", value: changes.length, limit: 0 });
    return nothingMore;
  },
};

async function isHeld({ gateways }: LabCluster): Promise<true | undefined> {
  const stores = await Promise.all(gateways.map((gateway) => gateway.store()));
  return stores.every(({ condition }) => condition === "held") || undefined;
}
