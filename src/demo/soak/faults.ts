import type { Random } from "../../runtime/random.ts";
import type { Clock } from "../../runtime/clock.ts";
import { trySignal } from "../cluster/gateway-process.ts";
import type { Fleet } from "../cluster/fleet.ts";
import type { Excuses } from "../drill/tally.ts";
import { pause } from "../wait.ts";
import type { SoakStage } from "./soak-stage.ts";

/** What a fault may touch. */
export interface FaultScene {
  stage: SoakStage;
  random: Random;
  clock: Clock;
  excuses: Excuses;
  /** The worker that is hit. */
  fleet: Fleet;
  place: number;
}

export interface SoakFault {
  name: string;
  /** Else it hits the gateway. */
  hitsWorker: boolean;
  /** The worker does not outlive it. */
  endsWorker?: true;
  /** How often, relative to the others. */
  weight: number;
  /** Not again for this long. */
  restMs: number;
  /** Does it, holds it for a while, and heals it. */
  play: (scene: FaultScene) => Promise<void>;
}

/** The proxy that is killed is always this one: the others live long enough to be judged. */
export const mortalProxy = "proxy-2";

/** So does the first worker of each kind: the others are those that end. */
export function placeFor({ endsWorker }: SoakFault, places: number, random: Random): number {
  const spared = endsWorker === true ? 1 : 0;
  return spared + Math.floor(random() * (places - spared));
}

export const faults: readonly SoakFault[] = [
  {
    name: "kill -9 a worker",
    hitsWorker: true,
    endsWorker: true,
    weight: 4,
    restMs: 0,
    async play(scene) {
      scene.fleet.at(scene.place).kill("SIGKILL");
      await hold(scene, 500, 3_000);
      await scene.fleet.start(scene.place);
    },
  },
  {
    name: "SIGTERM a worker",
    hitsWorker: true,
    endsWorker: true,
    weight: 3,
    restMs: 0,
    async play(scene) {
      const worker = scene.fleet.at(scene.place);
      worker.kill("SIGTERM");
      await worker.exited;
      await scene.fleet.start(scene.place);
    },
  },
  {
    name: "SIGSTOP a worker",
    hitsWorker: true,
    weight: 3,
    restMs: 0,
    async play(scene) {
      const worker = scene.fleet.at(scene.place);
      worker.kill("SIGSTOP");
      await hold(scene, 1_000, 6_000);
      worker.kill("SIGCONT");
    },
  },
  {
    name: "block a worker's event loop",
    hitsWorker: true,
    weight: 2,
    restMs: 0,
    async play(scene) {
      const ms = 500 + scene.random() * 4_000;
      scene.fleet.at(scene.place).block(ms);
      await pause(ms);
    },
  },
  {
    name: "a worker resets its connections",
    hitsWorker: true,
    weight: 5,
    restMs: 0,
    async play(scene) {
      for (let times = 0; times < 5; times += 1) {
        scene.fleet.at(scene.place).reset();
        await hold(scene, 20, 500);
      }
    },
  },
  {
    name: "reload",
    hitsWorker: false,
    weight: 3,
    restMs: 0,
    play: async ({ stage }) => await stage.reload(),
  },
  {
    name: `kill -9 ${mortalProxy}`,
    hitsWorker: false,
    weight: 2,
    restMs: 300_000,
    async play({ stage, excuses, clock }) {
      const status = await stage.gateway.status();
      const pid = status.children.find((child) => child.name === mortalProxy)?.pid;
      if (pid === undefined) throw new Error(`there is no ${mortalProxy}`);
      trySignal(pid, "SIGKILL");
      // After the signal: whatever it accepted, it accepted before.
      excuses.proxiesLostAt.push(clock.now());
    },
  },
];

async function hold({ random }: FaultScene, fromMs: number, toMs: number): Promise<void> {
  await pause(fromMs + random() * (toMs - fromMs));
}

/** By weight, of those that have rested. `lastAt`: when each was played last, by name. */
export function pickFault(
  of: readonly SoakFault[],
  lastAt: ReadonlyMap<string, number>,
  now: number,
  random: Random,
): SoakFault {
  const rested = of.filter((fault) => now - (lastAt.get(fault.name) ?? -Infinity) >= fault.restMs);
  let left = random() * rested.reduce((sum, fault) => sum + fault.weight, 0);
  for (const fault of rested) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  throw new Error("soak: no fault may be played");
}
