import { type LabCluster, openCluster } from "../lab-cluster.ts";
import { pause } from "../../../src/demo/wait.ts";
import { gatewayPort } from "../lab-gateway.ts";
import { gapMs } from "../lab/gap.ts";
import type { Row } from "../row.ts";

/** The host of a gateway loses its power: no end of any connection is told to anybody. */
export const gatewayHostDies: Row<LabCluster> = {
  name: "gateway-host",
  title: "the host of a gateway dies; clients know both",
  open: openCluster,
  destinations: (cluster) => [{ name: "client", to: { client: { gateways: addressesOf(cluster) } } }],
  async play(scene) {
    const { site: cluster, clock } = scene;
    const [a] = cluster.gateways;
    if (a === undefined) throw new Error("lab: there are two gateways");
    const struckAt = clock.now();
    a.host.cutPower();
    await pause(scene.holdMs);
    a.host.powerOn();
    const startedAt = clock.now();
    a.process.start();
    await cluster.whole(60_000);
    scene.figure({ name: "whole after its return", unit: "ms", value: clock.now() - startedAt });
    return () => {
      const value = gapMs(scene.records("client"), struckAt);
      scene.figure({ name: "nothing served", unit: "ms", value, limit: 500 });
    };
  },
};

function addressesOf({ gateways }: LabCluster): string[] {
  return gateways.map(({ host }) => `${host.address}:${gatewayPort}`);
}
