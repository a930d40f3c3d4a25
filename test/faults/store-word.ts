import type { LabCluster } from "./lab-cluster.ts";
import { askEtcd } from "./lab/etcd-word.ts";

/** Every key there is. */
export const allKeys = { key: "AA==", range_end: "AA==" };

/** What must be there whatever happened: all but the pages of events and the beats. */
export function lastingKeys({ etcdHosts: [member] }: LabCluster): string {
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

export async function newestEvent({ gateways }: LabCluster): Promise<number> {
  const lists = await Promise.all(gateways.map((gateway) => gateway.events()));
  return Math.max(0, ...lists.flat().map(({ id }) => id));
}

/** A store that is not sound, or an event that says what happened. */
export async function isAlarmed({ gateways }: LabCluster, after: number): Promise<true | undefined> {
  for (const gateway of gateways) {
    const { condition } = await gateway.store();
    if (condition !== "sound") return true;
    const telling = (await gateway.events()).filter(({ id }) => id > after);
    if (telling.some(({ kind }) => kind === "store-mended" || kind === "leader-elected")) return true;
  }
  return undefined;
}

export async function isSound(cluster: LabCluster): Promise<true | undefined> {
  const stores = await Promise.all(cluster.gateways.map((gateway) => gateway.store()));
  const leads = await Promise.all(cluster.gateways.map((gateway) => gateway.leads()));
  const sound = stores.every(({ condition }) => condition === "sound");
  return (sound && leads.filter((one) => one === true).length === 1) || undefined;
}
