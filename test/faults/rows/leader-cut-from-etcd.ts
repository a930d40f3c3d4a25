import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { pause } from "../../../src/demo/wait.ts";
import type { ClusterEvent } from "../../../src/protocol/events.ts";
import type { LabGateway } from "../lab-gateway.ts";
import { nothingMore, type Row, type Scene } from "../row.ts";

/** The lease of the seat is 3 s; the rest is for the standby to notice. */
const limitMs = 3_600;
const lookEveryMs = 10;
const givenUpMs = 15_000;

/** etcd is there for everybody else; what the leader sends to it is lost. */
export const leaderCutFromEtcd: Row<LabCluster> = {
  name: "leader-cut",
  title: "the leader is cut from etcd only",
  open: openCluster,
  async play(scene) {
    const { site: cluster, clock } = scene;
    const { leader, standby } = await cluster.leader();
    const struckAt = clock.now();
    for (const { address } of cluster.etcdHosts) leader.host.dropTowards(address);
    const { downAt, upAt } = await handOver(scene, leader, standby);
    scene.figure({ name: "the cut leader steps down", unit: "ms", value: downAt - struckAt, limit: limitMs });
    scene.figure({ name: "a new leader", unit: "ms", value: upAt - struckAt, limit: limitMs });
    if (upAt < downAt) scene.complain("two controllers led at once");
    await pause(scene.holdMs);
    const healedAt = clock.now();
    cluster.heal();
    await cluster.whole(30_000);
    scene.figure({ name: "whole after the heal", unit: "ms", value: clock.now() - healedAt });
    for (const gateway of cluster.gateways) checkTerms(scene, await gateway.events());
    return nothingMore;
  },
};

/** When each was first seen in its new role; Infinity: it was not. */
async function handOver(
  { clock }: Scene<LabCluster>,
  leader: LabGateway,
  standby: LabGateway,
): Promise<{ downAt: number; upAt: number }> {
  const until = clock.now() + givenUpMs;
  let downAt = Infinity;
  let upAt = Infinity;
  while ((downAt === Infinity || upAt === Infinity) && clock.now() < until) {
    const [old, next] = await Promise.all([leader.leads(), standby.leads()]);
    const now = clock.now();
    if (old === false) downAt = Math.min(downAt, now);
    if (next === true) upAt = Math.min(upAt, now);
    await pause(lookEveryMs);
  }
  return { downAt, upAt };
}

/** What an older leader wrote after a newer one would stand behind it with a lower term. */
function checkTerms(scene: Scene<LabCluster>, events: readonly ClusterEvent[]): void {
  let highest = 0;
  for (const { id, term } of events) {
    if (term < highest) scene.complain(`event ${id} of term ${term} stands behind one of term ${highest}`);
    highest = Math.max(highest, term);
  }
}
