import { pause } from "../../../src/demo/wait.ts";
import { gapMs } from "../lab/gap.ts";
import type { Row, Scene } from "../row.ts";
import { type Holder, openVirtualIp, type VirtualIpStage } from "../virtual-ip/virtual-ip-stage.ts";

interface Move {
  name: string;
  title: string;
  /** What takes the address from its holder. */
  act: (holder: Holder) => void;
  /** Makes of the former holder one that could have it again. */
  undo: (holder: Holder) => void;
  gapMsMax?: number;
}

function moving({ name, title, act, undo, gapMsMax }: Move): Row<VirtualIpStage> {
  return {
    name,
    title,
    open: openVirtualIp,
    async play(scene: Scene<VirtualIpStage>) {
      const { site, clock } = scene;
      const holder = await site.untilHeld(() => true);
      const struckAt = clock.now();
      act(holder);
      await site.untilHeld((now) => now !== holder);
      scene.figure({ name: "at the other host", unit: "ms", value: clock.now() - struckAt });
      await pause(scene.holdMs);
      undo(holder);
      await site.untilReady(holder);
      return () => {
        const value = gapMs(scene.records("address"), struckAt);
        const limit = gapMsMax === undefined ? {} : { limit: gapMsMax };
        scene.figure({ name: "address: nothing served", unit: "ms", value, ...limit });
      };
    },
  };
}

export const virtualIpRows = [
  moving({
    name: "vip-host",
    title: "the host that has the virtual IP loses its power",
    act: ({ host }) => host.cutPower(),
    undo({ host, gateway, keepalived }) {
      host.powerOn();
      gateway.start();
      keepalived.start();
    },
    gapMsMax: 500,
  }),
  moving({
    name: "vip-gateway",
    title: "kill -9 of the gateway that has the virtual IP",
    act: ({ gateway }) => gateway.killAll(),
    undo: ({ gateway }) => gateway.start(),
  }),
  moving({
    name: "vip-move",
    title: "the virtual IP is moved on purpose",
    act: ({ keepalived }) => keepalived.stepAside(),
    undo: ({ keepalived }) => keepalived.comeBack(),
  }),
];
