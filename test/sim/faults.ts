import type { Random } from "../../src/runtime/random.ts";
import type { VirtualCluster, VirtualProxy, VirtualWorker } from "../../src/testing/index.ts";

/** One thing that goes wrong, and how it ends. */
export interface Fault {
  atMs: number;
  endsAtMs: number;
  /** For the transcript. */
  name: string;
  /** Names of processes and links that it takes hold of: only one fault at a time does. */
  touches: readonly string[];
  begin(): void;
  end(): void;
}

type Kind = (
  draw: Draw,
  fault: (name: string, touches: string[], begin: () => void, end: () => void) => void,
) => void;

/** Between `min` and `max` (whole), and one of a list. */
interface Draw {
  cluster: VirtualCluster;
  random: Random;
  number: (min: number, max: number) => number;
  one: <T>(list: readonly T[]) => T;
}

interface KindOfFault {
  weight: number;
  lastsMs: [number, number];
  make: Kind;
}

const kinds: Record<string, KindOfFault> = {
  killController: {
    weight: 3,
    lastsMs: [200, 1500],
    make({ cluster, one, random }, fault) {
      const name = one([...cluster.controllers.keys()]);
      const reported = random() < 0.7;
      fault(
        `kill ${name}${reported ? "" : ", unreported"}`,
        [name],
        () => cluster.killController(name, reported),
        () => void cluster.startController(name),
      );
    },
  },
  killAllControllers: {
    weight: 1,
    lastsMs: [200, 1500],
    make({ cluster }, fault) {
      const names = [...cluster.controllers.keys()];
      fault(
        "kill all controllers",
        names,
        () => names.forEach((name) => cluster.killController(name)),
        () => names.forEach((name) => void cluster.startController(name)),
      );
    },
  },
  endController: {
    weight: 1,
    lastsMs: [300, 1500],
    make({ cluster, one }, fault) {
      const name = one([...cluster.controllers.keys()]);
      fault(
        `polite end of ${name}`,
        [name],
        () => void cluster.controllers.get(name)?.end(),
        () => void cluster.startController(name),
      );
    },
  },
  stopController: {
    weight: 3,
    lastsMs: [300, 5000],
    make({ cluster, one }, fault) {
      const name = one([...cluster.controllers.keys()]);
      fault(
        `stop ${name}`,
        [name],
        () => cluster.controllers.get(name)?.process.stop(),
        () => cluster.controllers.get(name)?.process.continue(),
      );
    },
  },
  stopAllControllers: {
    weight: 1,
    lastsMs: [500, 5000],
    make({ cluster }, fault) {
      const names = [...cluster.controllers.keys()];
      fault(
        "stop all controllers",
        names,
        () => names.forEach((name) => cluster.controllers.get(name)?.process.stop()),
        () => names.forEach((name) => cluster.controllers.get(name)?.process.continue()),
      );
    },
  },
  cutPeers: {
    weight: 1,
    lastsMs: [300, 4000],
    make({ cluster, one }, fault) {
      const names = [...cluster.controllers.keys()];
      const first = one(names);
      const second = one(names.filter((name) => name !== first));
      fault(
        `cut ${first} from ${second}`,
        [`${first}-${second}`, `${second}-${first}`],
        () => cluster.network.cut(first, second),
        () => cluster.network.heal(first, second),
      );
    },
  },
  cutProxy: {
    weight: 1,
    lastsMs: [300, 3000],
    make({ cluster, one }, fault) {
      const proxy = one(cluster.proxies).name;
      const name = one([...cluster.controllers.keys()]);
      fault(
        `cut ${proxy} from ${name}`,
        [`${proxy}-${name}`],
        () => cluster.network.cut(proxy, name),
        () => cluster.network.heal(proxy, name),
      );
    },
  },
  stopProxy: {
    weight: 1,
    lastsMs: [300, 3000],
    make({ cluster, one }, fault) {
      const proxy: VirtualProxy = one(cluster.proxies);
      fault(
        `stop ${proxy.name}`,
        [proxy.name],
        () => proxy.process.stop(),
        () => proxy.process.continue(),
      );
    },
  },
  killWorker: {
    weight: 2,
    lastsMs: [100, 2000],
    make({ cluster, one }, fault) {
      const id = one([...cluster.workers.keys()]);
      fault(
        `kill ${id}`,
        [id],
        () => cluster.workers.get(id)?.kill(),
        () => void cluster.startWorker(id),
      );
    },
  },
  stopWorker: {
    weight: 2,
    lastsMs: [300, 5000],
    make({ cluster, one }, fault) {
      const id = one([...cluster.workers.keys()]);
      fault(
        `stop ${id}`,
        [id],
        () => cluster.workers.get(id)?.process.stop(),
        () => cluster.workers.get(id)?.process.continue(),
      );
    },
  },
  drainWorker: {
    weight: 2,
    lastsMs: [700, 2500],
    make({ cluster, one }, fault) {
      const id = one([...cluster.workers.keys()]);
      let draining: VirtualWorker | undefined;
      fault(
        `drain ${id}, which leaves later, and comes again`,
        [id],
        () => {
          draining = cluster.workers.get(id);
          draining?.drain();
        },
        () => {
          draining?.leave();
          cluster.startWorker(id);
        },
      );
    },
  },
  cutWorker: {
    weight: 1,
    lastsMs: [300, 3000],
    make({ cluster, one }, fault) {
      const id = one([...cluster.workers.keys()]);
      const address = cluster.workers.get(id)?.address ?? "";
      const others = [...cluster.controllers.keys(), ...cluster.proxies.map((proxy) => proxy.name)];
      fault(
        `cut ${id} from the gateway`,
        [id],
        () => others.forEach((other) => cluster.network.cut(address, other)),
        () => others.forEach((other) => cluster.network.heal(address, other)),
      );
    },
  },
  cutSession: {
    weight: 1,
    lastsMs: [300, 4000],
    make({ cluster, one }, fault) {
      const id = one([...cluster.workers.keys()]);
      const address = cluster.workers.get(id)?.address ?? "";
      const name = one([...cluster.controllers.keys()]);
      fault(
        `cut ${id} from ${name}`,
        [id],
        () => cluster.network.cut(address, name),
        () => cluster.network.heal(address, name),
      );
    },
  },
};

/** Faults that may overlap, but never two on the same process or link. Sorted by their beginning. */
export function drawFaults(
  cluster: VirtualCluster,
  random: Random,
  span: { fromMs: number; toMs: number },
): Fault[] {
  const { fromMs, toMs } = span;
  const draw: Draw = {
    cluster,
    random,
    number: (min, max) => min + Math.floor(random() * (max - min + 1)),
    one: (list) => {
      const chosen = list[Math.floor(random() * list.length)];
      if (chosen === undefined) throw new Error("nothing to choose from");
      return chosen;
    },
  };
  const lots = Object.values(kinds).flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  const faults: Fault[] = [];
  const count = draw.number(2, 8);
  for (let index = 0; index < count; index += 1) {
    const kind = draw.one(lots);
    const { lastsMs } = kind;
    const atMs = draw.number(fromMs, toMs);
    const endsAtMs = atMs + draw.number(...lastsMs);
    kind.make(draw, (name, touches, begin, end) => {
      const fault: Fault = { atMs, endsAtMs, name, touches, begin, end };
      if (!faults.some((other) => collide(fault, other))) faults.push(fault);
    });
  }
  return faults.sort((one, other) => one.atMs - other.atMs);
}

function collide(one: Fault, other: Fault): boolean {
  const overlap = other.atMs <= one.endsAtMs && one.atMs <= other.endsAtMs;
  return overlap && other.touches.some((name) => one.touches.includes(name));
}
