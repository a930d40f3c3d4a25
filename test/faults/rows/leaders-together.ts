import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { etcdLeader } from "../lab/etcd-word.ts";
import type { Row } from "../row.ts";

/** Twice the lease of the seat, and a second: etcd must find a leader of its own first. */
const limitMs = 2 * 3_000 + 1_000;

/** The host that has both loses its power; here they are two hosts, and it is the same moment. */
export const leadersDieTogether: Row<LabCluster> = {
  name: "leaders-together",
  title: "the leader and etcd's leader die together",
  open: openCluster,
  destinations: (cluster) => [
    { name: "client", to: { client: { gateways: cluster.destinations.map(addressOf) } } },
  ],
  async play(scene) {
    const { site: cluster, clock } = scene;
    const { leader, standby } = await cluster.leader();
    const index = await etcdLeader(cluster.etcdHosts);
    const etcdHost = cluster.etcdHosts[index];
    const member = cluster.etcd.members[index];
    if (etcdHost === undefined || member === undefined) throw new Error("lab: etcd has a leader");
    const struckAt = clock.now();
    leader.host.cutPower();
    etcdHost.cutPower();
    const leads = await eventually(async () => (await standby.leads()) || undefined, { withinMs: 30_000 });
    const value = leads === undefined ? Infinity : clock.now() - struckAt;
    scene.figure({ name: "a new leader", unit: "ms", value, limit: limitMs });
    await pause(scene.holdMs);
    etcdHost.powerOn();
    leader.host.powerOn();
    const startedAt = clock.now();
    await member.kill();
    leader.process.start();
    await member.start();
    await cluster.whole(60_000);
    scene.figure({ name: "whole after their return", unit: "ms", value: clock.now() - startedAt });
    return () => {
      const changes = standby.tables.changesSince(struckAt);
      scene.figure({ name: "changes of the table", unit: "count", value: changes.length, limit: 0 });
    };
  },
};

function addressOf({ to }: LabCluster["destinations"][number]): string {
  if (!("host" in to)) throw new Error("lab: a gateway is reached at its address");
  return `${to.host}:${to.port}`;
}
