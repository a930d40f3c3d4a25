import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { askEtcd } from "../lab/etcd-word.ts";
import { nothingMore, type Row, type Scene } from "../row.ts";

const reconciledWithinMs = 5_000;
/** Every key there is. */
const allKeys = { key: "AA==", range_end: "AA==" };

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

/** What must be there whatever happened: all but the pages of events and the beats. */
function lastingKeys({ etcdHosts: [member] }: LabCluster): string {
  if (member === undefined) throw new Error("lab: etcd has members");
  const { kvs = [] } = askEtcd(member, "/v3/kv/range", { ...allKeys, keys_only: true }) as {
    kvs?: { key: string }[];
  };
  return (
    kvs
      .map(({ key }) => Buffer.from(key, "base64").toString())
      .filter((key) => !/\/(events|beats)\//.test(key))
      // A configuration that is written anew gets a name of its own.
      .map((key) => key.replace(/(\/configuration\/)[^/]+/, "$1NAME"))
      .sort()
      .join(" ")
  );
}

async function newestEvent({ gateways }: LabCluster): Promise<number> {
  const lists = await Promise.all(gateways.map((gateway) => gateway.events()));
  return Math.max(0, ...lists.flat().map(({ id }) => id));
}

/** A store that is not sound, or an event that says what happened. */
async function isAlarmed({ gateways }: LabCluster, after: number): Promise<true | undefined> {
  for (const gateway of gateways) {
    const { condition } = await gateway.store();
    if (condition !== "sound") return true;
    const telling = (await gateway.events()).filter(({ id }) => id > after);
    if (telling.some(({ kind }) => kind === "store-mended" || kind === "leader-elected")) return true;
  }
  return undefined;
}

async function isSound(cluster: LabCluster): Promise<true | undefined> {
  const stores = await Promise.all(cluster.gateways.map((gateway) => gateway.store()));
  const leads = await Promise.all(cluster.gateways.map((gateway) => gateway.leads()));
  const sound = stores.every(({ condition }) => condition === "sound");
  return (sound && leads.filter((one) => one === true).length === 1) || undefined;
}
