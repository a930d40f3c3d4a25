import { eventually, pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openClusterOfJoiners, workerPort } from "../lab-cluster.ts";
import { nothingMore, type Row } from "../row.ts";

const joins = 40;
const limitMs = 1_000;
const apartMs = 100;

/**
 * By a plain heartbeat, which one controller gets: whom it tells is what is asked. Controllers reach each other where
 * workers from other hosts join.
 */
export const joinIsSeenElsewhere: Row<LabCluster> = {
  name: "join-elsewhere",
  title: "a worker joins at gateway A",
  open: openClusterOfJoiners,
  async play(scene) {
    const { site: cluster, clock } = scene;
    const [a, b] = cluster.gateways;
    if (a === undefined || b === undefined) throw new Error("lab: there are two gateways");
    const beganAt = clock.now();
    for (let join = 0; join < joins; join += 1) {
      const host = cluster.workers[join % cluster.workers.length];
      const id = `joiner-${Math.round(beganAt)}-${join}`;
      const sentAt = clock.now();
      await a.beat({ service: "joiners", id, address: `${host?.address}:${workerPort}` });
      const liveAt = await eventually(() => b.tables.liveSince(id, sentAt), { withinMs: 10_000 });
      const value = liveAt === undefined ? Infinity : liveAt - sentAt;
      scene.figure({ name: "join at A -> live in B's table", unit: "ms", value, limit: limitMs });
      await pause(apartMs);
    }
    return nothingMore;
  },
};
