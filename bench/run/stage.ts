import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { placementOn } from "../machine/placement.ts";
import { peerNamed } from "../peers/all.ts";
import type { Running } from "../peers/peer.ts";
import type { Case } from "../suite/cases.ts";
import { cases } from "../suite/cases.ts";
import type { PeerName } from "../suite/peer-names.ts";
import type { Step } from "../suite/plan.ts";
import type { Failure, LeftOut, PeerFacts } from "../suite/results.ts";
import { routePaths, type Setup } from "../suite/setup.ts";
import { type Instruments, measure } from "./measure.ts";
import { prove } from "./prove.ts";
import type { Stops } from "./stops.ts";

/** Clients, control, and one for each process of static workers. */
const portsOfPeer = 4;

/** Chosen by chance, one of 10,000 workers is not met within so many requests for each of them in 1 of 16 runs. */
const requestsToMeet = 12;
const warmUpsMax = 10;

const get = cases.find(({ name }) => name === "get") as Case;

/** Peers that run, each for the setups of a group, proven and warm. */
export class Staged {
  readonly facts: Partial<Record<PeerName, PeerFacts>> = {};
  readonly leftOut: LeftOut[] = [];
  readonly failures: Failure[] = [];
  readonly #running = new Map<string, Running>();

  runningFor(setup: Setup, peer: PeerName): Running | undefined {
    return this.#running.get(`${setup.name}/${peer}`);
  }

  add(setup: Setup, peer: PeerName, running: Running): void {
    this.#running.set(`${setup.name}/${peer}`, running);
  }

  /** Asked at the end: it counts whatever was measured. */
  async noteTransports(): Promise<void> {
    for (const [key, { transport }] of this.#running) {
      const facts = this.facts[key.slice(key.indexOf("/") + 1) as PeerName];
      if (facts !== undefined && transport !== undefined) facts.transport ??= await transport();
    }
  }
}

export interface StageOrders {
  /** Whoever is in none of them is not started. */
  steps: readonly Step[];
  cores: number;
  directory: string;
  instruments: Instruments;
  stops: Stops;
  /** The compilers of V8 are done by then; a gateway runs for weeks. */
  warmUpSeconds: number;
  say: (line: string) => void;
}

/**
 * Starts every peer for every setup of a group. One that has no part in it is left out; one that cannot be started, or
 * does not do what it is to be measured at, has failed.
 */
export async function stageGroup(orders: StageOrders): Promise<Staged> {
  const staged = new Staged();
  for (const { setup, peer, cases: names } of placesIn(orders.steps)) {
    const reason = peerNamed(peer).cannot?.(setup);
    if (reason !== undefined) {
      staged.leftOut.push(...names.map((name) => ({ case: name, peer, reason })));
      continue;
    }
    const detail = await startOne(orders, staged, setup, peer);
    if (detail === undefined) continue;
    orders.say(`  ${setup.name}: ${peer} FAILED: ${detail}`);
    staged.failures.push(...names.map((name) => ({ case: name, peer, round: 0, detail })));
  }
  return staged;
}

interface StagePlace {
  setup: Setup;
  peer: PeerName;
  cases: string[];
}

/** Which peer is to run for which setup, and for which cases. */
function placesIn(steps: readonly Step[]): StagePlace[] {
  const places = new Map<string, StagePlace>();
  for (const { of, peer } of steps) {
    const key = `${of.setup.name}/${peer}`;
    const place = places.get(key) ?? { setup: of.setup, peer, cases: [] };
    if (!place.cases.includes(of.name)) place.cases.push(of.name);
    places.set(key, place);
  }
  return [...places.values()];
}

/** Gives why it could not be. */
async function startOne(
  orders: StageOrders,
  staged: Staged,
  setup: Setup,
  peer: PeerName,
): Promise<string | undefined> {
  const cores = placementOn(orders.cores, setup.proxies);
  if (cores === null) return `${orders.cores} cores are too few`;
  const directory = join(orders.directory, `${setup.name}-${peer}`);
  mkdirSync(directory, { recursive: true });
  const known = peerNamed(peer);
  try {
    const ports = await freePorts(portsOfPeer);
    const onStop = (stop: () => Promise<void>): void => orders.stops.add(stop);
    const running = await known.start({ setup, cores, directory, ports, onStop });
    const adds = await prove(running, peer, setup);
    await warmUp(orders, setup, peer, running);
    staged.add(setup, peer, running);
    if (adds.length > 0) staged.facts[peer] ??= { version: known.version(), adds };
    return undefined;
  } catch (error) {
    return `it could not be started: ${(error as Error).message}`;
  }
}

/** Until its code is compiled and it has met each of its workers. */
async function warmUp(
  { instruments, warmUpSeconds }: StageOrders,
  setup: Setup,
  peer: PeerName,
  running: Running,
): Promise<void> {
  const of: Case = { ...get, setup, ask: { ...get.ask, paths: routePaths(setup.routes).slice(0, 1) } };
  const step = { of, peer, round: 0, loop: "closed" } as const;
  let left = setup.workers * requestsToMeet;
  for (let times = 0; left > 0 && times < warmUpsMax; times += 1) {
    const { requests } = await measure(step, running, { ...instruments, seconds: warmUpSeconds }, 0);
    left -= requests;
  }
}
