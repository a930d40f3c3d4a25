import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { latencyMs, type RequestRecord } from "../../../src/demo/load/record.ts";
import { pause } from "../../../src/demo/wait.ts";
import type { LabGateway } from "../lab-gateway.ts";
import type { Judge, Row, Scene } from "../row.ts";
import { wholeWithinMs } from "../site.ts";

/** A request that took longer had met the worker that cannot be reached. The service itself takes 4 ms. */
const heldUpMs = 200;
const limitMs = 1_000;

/** What gateway A sends to a worker is lost; the worker's own packets arrive, and gateway B reaches it. */
export const oneWayToWorker: Row<LabCluster> = {
  name: "one-way-worker",
  title: "one way: gateway A cannot reach a worker",
  open: openCluster,
  async play(scene) {
    const [a, b] = gatewaysOf(scene);
    const during = await hold(scene, (address) => a.host.dropTowards(address));
    const changes = b.tables
      .changesSince(during.struckAt)
      .filter((change) => change.worker === scene.site.fleet.ids[0]);
    scene.figure({ name: "changes in B's table", unit: "count", value: changes.length, limit: 0 });
    return () => {
      heldUp(scene, a, during);
      const served = scene
        .records(b.host.name)
        .filter((record) => during.covers(record) && isBy(record, "orders-1"));
      if (served.length === 0) scene.complain("B sent nothing to the worker that it can reach");
    };
  },
};

/** Connections to a worker stay as they are, and nothing passes on them or beside them, in either direction. */
export const halfOpenWorker: Row<LabCluster> = {
  name: "half-open-worker",
  title: "nothing passes between the gateways and a worker",
  open: openCluster,
  async play(scene) {
    const during = await hold(scene, () => scene.site.workers[0]?.loseIncoming(100));
    return judgeAll(scene, during);
  },
};

function judgeAll(scene: Scene<LabCluster>, during: Span): Judge {
  return () => {
    for (const gateway of scene.site.gateways) heldUp(scene, gateway, during);
  };
}

interface Span {
  readonly struckAt: number;
  covers(record: RequestRecord): boolean;
}

/** Does the fault to the first worker, and undoes it. */
async function hold(scene: Scene<LabCluster>, act: (address: string) => void): Promise<Span> {
  const { site: cluster, clock } = scene;
  const struckAt = clock.now();
  act(cluster.workers[0]?.address ?? "");
  await pause(scene.holdMs);
  const healedAt = clock.now();
  cluster.heal();
  await cluster.whole(wholeWithinMs);
  scene.figure({ name: "whole after the heal", unit: "ms", value: clock.now() - healedAt });
  return { struckAt, covers: ({ sentAt }) => sentAt >= struckAt && sentAt < healedAt };
}

/**
 * How long requests went to the worker in vain: counted from the first that met it, for the balancer may leave an idle worker
 * alone for seconds.
 */
function heldUp(scene: Scene<LabCluster>, gateway: LabGateway, during: Span): void {
  const { name } = gateway.host;
  const slow = scene.records(name).filter((record) => during.covers(record) && latencyMs(record) > heldUpMs);
  const sentAt = slow.map((record) => record.sentAt);
  const value = slow.length === 0 ? 0 : Math.max(...sentAt) - Math.min(...sentAt);
  scene.figure({ name: `from the first held up to the last at ${name}`, unit: "ms", value, limit: limitMs });
  scene.figure({ name: `held up at ${name}`, unit: "count", value: slow.length });
}

function gatewaysOf({ site: cluster }: Scene<LabCluster>): [LabGateway, LabGateway] {
  const [a, b] = cluster.gateways;
  if (a === undefined || b === undefined) throw new Error("lab: there are two gateways");
  return [a, b];
}

function isBy({ outcome }: RequestRecord, worker: string): boolean {
  return outcome.kind === "answered" && outcome.worker === worker;
}
