import { pause } from "../../../src/demo/wait.ts";
import { gapMs } from "../lab/gap.ts";
import type { Row } from "../row.ts";

/** The host of a gateway loses its power: no end of any connection is told to anybody. */
export const gatewayHostDies: Row = {
  name: "gateway-host",
  title: "the host of a gateway dies; clients know both",
  load: "client with both gateways",
  async play(scene) {
    const { cluster, clock } = scene;
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
      const value = gapMs(scene.records(), struckAt);
      scene.figure({ name: "nothing served", unit: "ms", value, limit: 500 });
    };
  },
};
