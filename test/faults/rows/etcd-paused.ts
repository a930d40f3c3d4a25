import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openCluster } from "../lab-cluster.ts";
import type { LabGateway } from "../lab-gateway.ts";
import { memberOf, takeLeadFrom } from "../lab/etcd-word.ts";
import { nothingMore, type Row } from "../row.ts";

/** Seen elsewhere at the latest so long after the member stopped. */
const resumedWithinMs = 2_000;

/** Its connections stand, and nothing comes over them: not even an error. What is written meanwhile must be seen. */
export const etcdMemberPaused: Row<LabCluster> = {
  name: "etcd-paused",
  title: "SIGSTOP of the etcd member that serves a gateway's watch",
  open: openCluster,
  async play(scene) {
    const { site: cluster, clock } = scene;
    const { leader, standby } = await cluster.leader();
    const index = memberOf(standby.host, cluster.etcdHosts);
    await takeLeadFrom(cluster.etcdHosts, index);
    const member = cluster.etcd.members[index];
    const worker = cluster.fleet.ids[0] ?? "";
    const known = await newest(standby);
    const struckAt = clock.now();
    member?.signal("SIGSTOP");
    try {
      await leader.order(worker, "drain");
      const seen = await eventually(async () => (await newest(standby)) > known || undefined, {
        withinMs: 30_000,
      });
      const value = seen === undefined ? Infinity : clock.now() - struckAt;
      scene.figure({ name: "its watch goes on elsewhere", unit: "ms", value, limit: resumedWithinMs });
      if (memberOf(standby.host, cluster.etcdHosts) === index)
        scene.complain("it is still the stopped one's");
      await pause(scene.holdMs);
      await leader.order(worker, "undrain");
    } finally {
      member?.signal("SIGCONT");
    }
    await cluster.whole(30_000);
    const strange = cluster.gateways
      .flatMap(({ tables }) => tables.changesSince(struckAt))
      .filter((change) => change.worker !== worker || change.state?.kind === "suspect");
    scene.figure({ name: "changes that nobody ordered", unit: "count", value: strange.length, limit: 0 });
    const [here, there] = await Promise.all([idsOf(leader), idsOf(standby)]);
    if (here !== there) scene.complain(`events: ${there} at the standby, ${here} at the leader`);
    return nothingMore;
  },
};

async function newest(gateway: LabGateway): Promise<number> {
  return Math.max(0, ...(await gateway.events()).map(({ id }) => id));
}

async function idsOf(gateway: LabGateway): Promise<string> {
  return (await gateway.events()).map(({ id }) => id).join(" ");
}
