import type { WorkerKind } from "../cluster/worker-process.ts";
import { eventually, pause } from "../wait.ts";
import { type Asked, evictions, lastPick, staleWrites } from "./asked.ts";
import {
  type Detection,
  leaderReplaced,
  proxiesReplaced,
  supervisorReplaced,
  unnoticed,
  workerOut,
} from "./detection.ts";
import type { Scene } from "./scene.ts";

/** A row of the drill: what is done under load, and for how long it stays so. */
export interface Row {
  name: string;
  /** For people. */
  title: string;
  kinds: readonly WorkerKind[];
  /** Places no worker, only processes of the gateway: then the kind of the workers matters less. */
  act: (scene: Scene) => Promise<void> | void;
  /** From the end of `act` to `heal`. */
  holdMs: number;
  /** Requests slower than a second that the row may have; unset: any number, for it is the gateway itself that is hit. */
  slowMax?: number;
  heal?: (scene: Scene) => Promise<void> | void;
  detect: Detection;
  /** When all is over. */
  ask?: (scene: Scene) => Asked[];
}

const both: readonly WorkerKind[] = ["sdk", "plain"];
/** Of requests slower than a second, where a worker is hit. */
const slowMax = 10;
/** Added to what an order takes at a slow worker: a hundred times as long, and under what counts as slow here. */
const slowedMs = 400;

const heavyBytes = 2 * 1024 ** 3;
/** From the signal to the last time that a proxy picked the worker. The kernel frees its memory before it closes its sockets. */
const lastPickMs = { usual: 50, heavy: 300 } as const;

const startVictim = async (scene: Scene): Promise<void> => {
  await scene.stage.fleet.at(scene.victim).exited;
  scene.renewedAt = scene.clock.now();
  await scene.stage.fleet.start(scene.victim);
};

const workerRows: Row[] = [
  {
    name: "kill-worker",
    title: "kill -9 a worker",
    kinds: both,
    act: (scene) => scene.signalWorker(scene.victim, "SIGKILL"),
    holdMs: 3000,
    slowMax,
    heal: startVictim,
    detect: workerOut,
    ask: (scene) => [lastPick(scene, lastPickMs.usual)],
  },
  {
    name: "kill-heavy-worker",
    title: "kill -9 a worker with 2 GB of resident memory",
    kinds: both,
    async act(scene) {
      await scene.stage.fleet.at(scene.victim).grow(heavyBytes);
      scene.signalWorker(scene.victim, "SIGKILL");
    },
    holdMs: 3000,
    slowMax,
    heal: startVictim,
    detect: workerOut,
    ask: (scene) => [lastPick(scene, lastPickMs.heavy)],
  },
  {
    name: "kill-two-workers",
    title: "kill -9 two of three workers at once",
    kinds: both,
    act(scene) {
      scene.signalWorker(scene.victim, "SIGKILL");
      scene.signalWorker(scene.place(1), "SIGKILL");
    },
    holdMs: 3000,
    slowMax,
    async heal(scene) {
      await Promise.all([startVictim(scene), scene.stage.fleet.start(scene.place(1))]);
    },
    detect: workerOut,
  },
  {
    name: "stop-worker",
    title: "SIGSTOP a worker for 6 s",
    kinds: both,
    act: (scene) => scene.signalWorker(scene.victim, "SIGSTOP"),
    holdMs: 6000,
    slowMax,
    heal: (scene) => scene.signalWorker(scene.victim, "SIGCONT"),
    detect: workerOut,
  },
  {
    name: "block-worker",
    title: "block the event loop of a worker for 5 s",
    kinds: both,
    act(scene) {
      scene.strike();
      scene.stage.fleet.at(scene.victim).block(5000);
    },
    holdMs: 5000,
    slowMax,
    detect: workerOut,
  },
  {
    name: "slow-worker",
    title: `slow a worker: every order takes ${slowedMs} ms longer for 6 s`,
    kinds: both,
    act(scene) {
      scene.strike();
      scene.stage.fleet.at(scene.victim).slow(slowedMs);
    },
    holdMs: 6000,
    slowMax,
    heal: (scene) => scene.stage.fleet.at(scene.victim).slow(0),
    detect: workerOut,
  },
  {
    name: "cut-worker",
    title: "cut the wire between the proxies and a worker for 6 s",
    kinds: both,
    act(scene) {
      scene.strike();
      scene.stage.fleet.at(scene.victim).cut();
    },
    holdMs: 6000,
    slowMax,
    heal: (scene) => scene.stage.fleet.at(scene.victim).mend(),
    detect: workerOut,
  },
  {
    name: "term-worker",
    title: "SIGTERM a worker",
    kinds: both,
    act: (scene) => scene.signalWorker(scene.victim, "SIGTERM"),
    holdMs: 3000,
    slowMax,
    heal: startVictim,
    detect: workerOut,
  },
  {
    name: "roll-workers",
    title: "roll all workers, one after the other",
    kinds: both,
    act: rollWorkers,
    holdMs: 0,
    slowMax,
    detect: workerOut,
  },
];

async function rollWorkers(scene: Scene): Promise<void> {
  const { fleet, watch, controllers } = scene.stage;
  for (let offset = 0; offset < fleet.size; offset += 1) {
    const place = scene.place(offset);
    scene.signalWorker(place, "SIGTERM");
    await fleet.at(place).exited;
    await fleet.start(place);
    // As a careful operator does: the next one goes when this one is back.
    const back = await eventually(() => watch.allLive(fleet.ids, controllers) || undefined, {
      withinMs: 30_000,
    });
    if (back === undefined) throw new Error(`worker ${fleet.idOf(place)} did not come back within 30 s`);
  }
}

const controllerRows: Row[] = [
  {
    name: "kill-leader",
    title: "kill -9 the leader",
    kinds: both,
    act: async (scene) => scene.signalGateway([await scene.leader()], "SIGKILL"),
    holdMs: 3000,
    detect: leaderReplaced,
  },
  {
    name: "stop-leader",
    title: "SIGSTOP the leader for 5 s",
    kinds: both,
    act: async (scene) => scene.signalGateway([await scene.leader()], "SIGSTOP"),
    holdMs: 5000,
    heal: (scene) => scene.continueGateway(),
    detect: leaderReplaced,
    ask: (scene) => [evictions(scene), staleWrites(scene)],
  },
  controllersStopped("stop-controllers", 3),
  controllersStopped("stop-controllers-long", 30),
];

/** Longer than every lease, or not: who was well before is well after it, whatever nobody could hear meanwhile. */
function controllersStopped(name: string, seconds: number): Row {
  return {
    name,
    title: `SIGSTOP every controller for ${seconds} s`,
    kinds: both,
    act: async (scene) => scene.signalGateway(await scene.pids("controller"), "SIGSTOP"),
    holdMs: seconds * 1000,
    heal: (scene) => scene.continueGateway(),
    detect: unnoticed,
    ask: (scene) => [evictions(scene), staleWrites(scene)],
  };
}

const gatewayRows: Row[] = [
  {
    name: "kill-proxy",
    title: "kill -9 one proxy",
    kinds: both,
    act: async (scene) => scene.signalProxies((await scene.pids("proxy")).slice(0, 1), "SIGKILL"),
    holdMs: 3000,
    detect: proxiesReplaced,
  },
  {
    name: "kill-proxies",
    title: "kill -9 all proxies at once",
    kinds: both,
    act: async (scene) => scene.signalProxies(await scene.pids("proxy"), "SIGKILL"),
    holdMs: 3000,
    detect: proxiesReplaced,
  },
  {
    name: "stop-proxy",
    title: "SIGSTOP one proxy",
    kinds: both,
    act: async (scene) => scene.signalProxies((await scene.pids("proxy")).slice(0, 1), "SIGSTOP"),
    holdMs: 5000,
    heal: (scene) => scene.continueGateway(),
    detect: proxiesReplaced,
  },
  {
    name: "kill-supervisor",
    title: "kill -9 the supervisor",
    kinds: both,
    act: async (scene) => scene.signalGateway([await scene.supervisor()], "SIGKILL"),
    holdMs: 4000,
    detect: supervisorReplaced,
  },
  {
    name: "stop-supervisor",
    title: "SIGSTOP the supervisor for 10 s",
    kinds: both,
    act: async (scene) => scene.signalGateway([await scene.supervisor()], "SIGSTOP"),
    holdMs: 10_000,
    heal: (scene) => scene.continueGateway(),
    detect: unnoticed,
  },
  {
    name: "upgrade",
    title: "skein upgrade",
    kinds: both,
    async act(scene) {
      scene.struck.push(await scene.supervisor());
      scene.strike();
      const code = await scene.stage.gateway.upgrade();
      if (code !== 0) throw new Error(`\`skein upgrade\` ended with exit code ${code}`);
    },
    holdMs: 3000,
    detect: supervisorReplaced,
  },
  {
    name: "reload",
    title: "20 reloads",
    kinds: both,
    async act(scene) {
      scene.strike();
      for (let count = 0; count < 20; count += 1) {
        scene.stage.writeConfiguration();
        await scene.stage.gateway.reload();
        await pause(100);
      }
    },
    holdMs: 1000,
    detect: unnoticed,
  },
];

export const rows: readonly Row[] = [...workerRows, ...controllerRows, ...gatewayRows];

/** What the demo plays by itself without a terminal: one of each kind of fault, in under a minute. */
export const shortRows: readonly string[] = [
  "kill-worker",
  "stop-worker",
  "kill-leader",
  "kill-proxy",
  "kill-supervisor",
];

/** Rows by their names, in the drill's order. Throws on a name that no row has. */
export function rowsNamed(names: readonly string[]): Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `no row is called ${unknown.join(", ")}; there are ${rows.map((row) => row.name).join(", ")}`,
    );
  }
  return rows.filter((row) => names.includes(row.name));
}
