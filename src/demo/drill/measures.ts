import type { WorkerReply } from "../../protocol/discovery.ts";
import type { ClusterEvent } from "../../protocol/events.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { readControl } from "../cluster/control-client.ts";
import { trySignal } from "../cluster/gateway-process.ts";
import type { Stage } from "../cluster/stage.ts";
import type { WorkerKind } from "../cluster/worker-process.ts";
import { eventually, pause } from "../wait.ts";
import { readPicks } from "./picks.ts";

/** A time from a real signal to its effect, taken many times. */
export interface Measure {
  name: string;
  title: string;
  kinds: readonly WorkerKind[];
  /** Under the load of the drill, or with no request at all. */
  load: boolean;
  limitMs: (kind: WorkerKind) => number;
  /** Undefined: the effect did not come. */
  once: (site: Site) => Promise<number | undefined>;
}

/** Where measures are taken: a stage with more workers than a row needs, so that each is hit rarely. */
export class Site {
  readonly stage: Stage;
  readonly clock: Clock = systemClock;
  #next = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /**
   * Place of a worker that is live for every controller; the one hit longest ago first. With the SDK its watch thread
   * must be at work: in the first moments of a life the main thread alone holds one session.
   */
  async victim(): Promise<number> {
    const { fleet, watch, controllers } = this.stage;
    const found = await eventually(
      async () => {
        for (let tried = 0; tried < fleet.size; tried += 1) {
          const place = (this.#next + tried) % fleet.size;
          const id = fleet.idOf(place);
          if (watch.allLive([id], controllers) && (await this.#isWatched(id))) return place;
        }
        return undefined;
      },
      { withinMs: 60_000 },
    );
    if (found === undefined) throw new Error(`no worker is live: ${await this.stage.describe()}`);
    this.#next = found + 1;
    return found;
  }

  async #isWatched(id: string): Promise<boolean> {
    const { fleet, gateway, watch } = this.stage;
    if (fleet.kind === "plain") return true;
    const replies = await Promise.all(
      watch.controllers.map((name) =>
        readControl(gateway.places.controllerSocket(name), `/v1/workers/${encodeURIComponent(id)}`),
      ),
    );
    return replies.every((reply) => (reply as WorkerReply).worker.session);
  }

  /** From `struckAt` until the tables of all controllers show the worker as not live. */
  async outAfter(id: string, struckAt: number, withinMs: number): Promise<number | undefined> {
    const { watch } = this.stage;
    const at = await eventually(
      () => {
        const first = new Map<string, number>();
        for (const change of watch.changesSince(struckAt)) {
          if (change.worker === id && change.state?.kind !== "live" && !first.has(change.controller))
            first.set(change.controller, change.at);
        }
        return watch.controllers.every((name) => first.has(name)) ? Math.max(...first.values()) : undefined;
      },
      { withinMs, everyMs: 5 },
    );
    return at === undefined ? undefined : at - struckAt;
  }

  /** Ends whatever stands in the place and starts a new life there. */
  async renew(place: number): Promise<void> {
    const { fleet } = this.stage;
    fleet.at(place).kill("SIGKILL");
    await fleet.at(place).exited;
    await fleet.start(place);
  }

  /** Waits for two controllers, exactly one of which says that it leads: a stopped one says so until it has woken. */
  async led(): Promise<number> {
    const pid = await eventually(
      async () => {
        const status = await this.stage.gateway.status();
        const ready = status.children.filter(
          (child) => child.role === "controller" && child.state === "ready",
        );
        const leading = ready.filter((child) => child.leader);
        return ready.length === this.stage.controllers && leading.length === 1 ? leading[0]?.pid : undefined;
      },
      { withinMs: 30_000 },
    );
    if (pid === undefined) throw new Error(`no leader: ${await this.stage.describe()}`);
    return pid;
  }
}

const both: readonly WorkerKind[] = ["sdk", "plain"];
const leaseMs = 3000;

async function killToLastPick(site: Site): Promise<number | undefined> {
  const { stage, clock } = site;
  const place = await site.victim();
  const id = stage.fleet.idOf(place);
  const struckAt = clock.now();
  stage.fleet.at(place).kill("SIGKILL");
  // Longer than the log is held by a proxy, and long enough for a late pick to be seen.
  await pause(1000);
  const picks = readPicks(stage.accessLog).filter((pick) => pick.worker === id);
  if (picks.length === 0) throw new Error(`the access log names no pick of ${id}: nothing can be measured`);
  await stage.fleet.start(place);
  return Math.max(0, ...picks.map((pick) => pick.at - struckAt));
}

async function blockToOut(site: Site): Promise<number | undefined> {
  const { stage, clock } = site;
  const place = await site.victim();
  const struckAt = clock.now();
  stage.fleet.at(place).block(5000);
  const out = await site.outAfter(stage.fleet.idOf(place), struckAt, 4900);
  await site.renew(place);
  return out;
}

async function stopToOut(site: Site): Promise<number | undefined> {
  const { stage, clock } = site;
  const place = await site.victim();
  const struckAt = clock.now();
  stage.fleet.at(place).kill("SIGSTOP");
  const out = await site.outAfter(stage.fleet.idOf(place), struckAt, 10_000);
  await site.renew(place);
  return out;
}

/** The election's own event is the new leader's first write: it is in the store when it is told. */
async function leaderToWrite(site: Site, signal: "SIGKILL" | "SIGSTOP"): Promise<number | undefined> {
  const leader = await site.led();
  const { events } = site.stage;
  const termBefore = Math.max(0, ...events.since(0).map(({ event }) => event.term));
  const struckAt = site.clock.now();
  trySignal(leader, signal);
  const isNew = ({ kind, term }: ClusterEvent): boolean => kind === "leader-elected" && term > termBefore;
  const at = await eventually(() => events.since(struckAt).find(({ event }) => isNew(event))?.at, {
    withinMs: 10_000,
    everyMs: 5,
  });
  trySignal(leader, "SIGCONT");
  // The one that was hit must be known as what it is now before the next one is chosen.
  await pause(1000);
  return at === undefined ? undefined : at - struckAt;
}

async function joinToRequest(site: Site): Promise<number | undefined> {
  const { fleet } = site.stage;
  const place = await site.victim();
  await site.renew(place);
  const worker = fleet.at(place);
  const joining = await worker.report("joining");
  const first = await Promise.race([worker.report("first-request"), pause(10_000)]);
  return joining === undefined || first === undefined ? undefined : first.at - joining.at;
}

export const measures: readonly Measure[] = [
  {
    name: "kill-pick",
    title: "worker kill -9 -> last pick by any proxy",
    kinds: both,
    load: true,
    limitMs: () => 50,
    once: killToLastPick,
  },
  {
    name: "block-loaded",
    title: "event loop blocked -> out, loaded",
    kinds: both,
    load: true,
    limitMs: () => 500,
    once: blockToOut,
  },
  {
    name: "block-idle",
    title: "event loop blocked -> out, idle",
    // Nobody can see a plain worker's blocked loop but its checks.
    kinds: ["sdk"],
    load: false,
    limitMs: () => 500,
    once: blockToOut,
  },
  {
    name: "stop-loaded",
    title: "worker SIGSTOP -> out, loaded",
    kinds: both,
    load: true,
    limitMs: () => 600,
    once: stopToOut,
  },
  {
    name: "stop-idle",
    title: "worker SIGSTOP -> out, idle",
    kinds: both,
    load: false,
    limitMs: (kind) => (kind === "sdk" ? leaseMs + 100 : 5500),
    once: stopToOut,
  },
  {
    name: "leader-kill",
    title: "leader kill -9 -> new leader's first write",
    kinds: ["sdk"],
    load: true,
    limitMs: () => 300,
    once: async (site) => await leaderToWrite(site, "SIGKILL"),
  },
  {
    name: "leader-stop",
    title: "leader SIGSTOP -> new leader's first write",
    kinds: ["sdk"],
    load: true,
    limitMs: () => 3000,
    once: async (site) => await leaderToWrite(site, "SIGSTOP"),
  },
  {
    name: "join",
    title: "join() -> first request in the handler",
    kinds: ["sdk"],
    load: true,
    limitMs: () => 100,
    once: joinToRequest,
  },
];
