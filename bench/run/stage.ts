import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { pause } from "../../src/demo/wait.ts";
import { placementOn } from "../machine/placement.ts";
import { transportTo } from "../machine/transport.ts";
import { peerNamed } from "../peers/all.ts";
import type { Running } from "../peers/peer.ts";
import type { Case } from "../suite/cases.ts";
import { cases } from "../suite/cases.ts";
import type { PeerName } from "../suite/peer-names.ts";
import type { Group } from "../suite/plan.ts";
import type { LeftOut, PeerFacts } from "../suite/results.ts";
import type { Setup } from "../suite/setup.ts";
import { type Instruments, measure } from "./measure.ts";
import { prove } from "./prove.ts";
import type { Stops } from "./stops.ts";

/** Clients, control, and one for each process of static workers. */
const portsOfPeer = 4;

const get = cases.find(({ name }) => name === "get") as Case;

/** Peers that run, each for the setups of a group, proven and warm. */
export class Staged {
  readonly facts: Partial<Record<PeerName, PeerFacts>> = {};
  readonly leftOut: LeftOut[] = [];
  readonly #running = new Map<string, Running>();

  runningFor(setup: Setup, peer: PeerName): Running | undefined {
    return this.#running.get(`${setup.name}/${peer}`);
  }

  add(setup: Setup, peer: PeerName, running: Running): void {
    this.#running.set(`${setup.name}/${peer}`, running);
  }
}

export interface StageOrders {
  group: Group;
  peers: readonly PeerName[];
  cores: number;
  directory: string;
  instruments: Instruments;
  stops: Stops;
  /** The compilers of V8 are done by then; a gateway runs for weeks. */
  warmUpSeconds: number;
  say: (line: string) => void;
}

/** Starts every peer for every setup of a group. One that cannot be started or proven is left out, with its reason. */
export async function stageGroup(orders: StageOrders): Promise<Staged> {
  const { group, peers, say } = orders;
  const staged = new Staged();
  for (const setup of group.setups) {
    for (const peer of peers) {
      const reason = peerNamed(peer).cannot?.(setup) ?? (await startOne(orders, staged, setup, peer));
      if (reason === undefined) continue;
      say(`  ${setup.name}: ${peer} is left out: ${reason}`);
      for (const { name, setup: own } of group.cases)
        if (own.name === setup.name) staged.leftOut.push({ case: name, peer, reason });
    }
  }
  return staged;
}

async function startOne(
  orders: StageOrders,
  staged: Staged,
  setup: Setup,
  peer: PeerName,
): Promise<string | undefined> {
  const placement = placementOn(orders.cores, setup.proxies);
  if (placement === null) return `${orders.cores} cores are too few`;
  const directory = join(orders.directory, `${setup.name}-${peer}`);
  mkdirSync(directory, { recursive: true });
  const known = peerNamed(peer);
  try {
    const ports = await freePorts(portsOfPeer);
    const onStop = (stop: () => Promise<void>): void => orders.stops.add(stop);
    const running = await known.start({ setup, cores: placement, directory, ports, onStop });
    const adds = await prove(running, peer, setup);
    const transport = await warmUp(orders, setup, peer, running);
    staged.add(setup, peer, running);
    if (adds.length > 0) staged.facts[peer] = { version: known.version(), adds, transport };
    return undefined;
  } catch (error) {
    return `it could not be started: ${(error as Error).message}`;
  }
}

/** Also looks what carries the requests, while there are some. */
async function warmUp(
  { instruments, warmUpSeconds }: StageOrders,
  setup: Setup,
  peer: PeerName,
  running: Running,
): Promise<string> {
  const of: Case = { ...get, setup, ask: { ...get.ask, paths: setup.routes === 1 ? ["/"] : ["/r0/warm"] } };
  const step = { of, peer, round: 0, loop: "closed" } as const;
  const warming = measure(step, running, { ...instruments, seconds: warmUpSeconds }, 0);
  await Promise.race([warming, pause(500)]);
  const transport = transportTo(running.workerPorts);
  await warming;
  return transport;
}
