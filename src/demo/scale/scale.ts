import { systemClock } from "../../runtime/clock.ts";
import { pidsOf, trySignal } from "../cluster/gateway-process.ts";
import { pause } from "../wait.ts";
import { Crowd } from "./crowd.ts";
import { CrowdStage } from "./crowd-stage.ts";
import { type Floor, measureFloor } from "./floor.ts";

export interface ScaleOptions {
  workers: number;
  /** Processes that hold the workers. */
  processes: number;
  /** Length of each measurement of CPU time. */
  seconds: number;
  progress: (line: string) => void;
}

export interface ControllerCost {
  name: string;
  leader: boolean;
  /** Of one core. */
  cpuShare: number;
}

export interface ScaleResult {
  workers: number;
  floor: Floor;
  joinedMs: number | undefined;
  /** Workers that a controller refused for good, at any time. */
  refused: number;
  beats: { perSecond: number; controllers: ControllerCost[] };
  pause: { evicted: number };
  restart: {
    /** From the start of the gateway; from the first session of a worker; until both controllers hold all. */
    sinceStartMs: number | undefined;
    sinceFirstSessionMs: number | undefined;
    /** What the controllers need once the crowd is back: first checks and publishing. */
    sinceLastSessionMs: number | undefined;
    /** From the first session to the last. */
    reconnectingMs: number;
    held: number;
  };
}

const pauseMs = 3000;

/** Everything that `npm run scale` measures, in order, on one gateway with one crowd of workers. */
export async function measureScale(options: ScaleOptions): Promise<ScaleResult> {
  const { workers, processes, seconds, progress } = options;
  progress(`a bare ws server that only receives, ${workers} connections`);
  const floor = await measureFloor({ workers, processes, seconds, everyMs: 1000 });
  const stage = await CrowdStage.open();
  const crowd = new Crowd(processes);
  try {
    await stage.start();
    progress(`${workers} workers join`);
    const beganAt = systemClock.now();
    const seeds = [`http://127.0.0.1:${stage.controlPort}`];
    // Each beats every second, however many there are: that is what is measured.
    crowd.join(workers, { perSecond: 2000, seeds, ttlMs: 3000 });
    const joined = await stage.holds(workers, 60_000);
    const joinedMs = joined ? systemClock.now() - beganAt : undefined;
    await crowd.sessions(workers * stage.controllers, 10_000);
    await pause(3000);
    progress(`beats for ${seconds} s`);
    const beats = await measureBeats(stage, crowd, seconds);
    progress(`every controller stopped for ${pauseMs / 1000} s`);
    const evicted = await measurePause(stage);
    progress("every process of the gateway killed, and started anew with empty state");
    const restart = await measureRestart(stage, crowd, workers);
    return { workers, floor, joinedMs, refused: crowd.total.refused, beats, pause: { evicted }, restart };
  } finally {
    crowd.close();
    await stage.stop();
  }
}

async function measureBeats(stage: CrowdStage, crowd: Crowd, seconds: number): Promise<ScaleResult["beats"]> {
  const { cpuMsOf } = await import("./process-cpu.ts");
  const status = await stage.gateway.status();
  const children = status.children.filter((child) => child.role === "controller");
  const before = children.map((child) => cpuMsOf(child.pid));
  const sentBefore = crowd.total.sent;
  await pause(seconds * 1000);
  const sent = crowd.total.sent - sentBefore;
  const controllers = children.map((child, index) => ({
    name: child.name,
    leader: child.leader,
    cpuShare: (cpuMsOf(child.pid) - (before[index] ?? 0)) / (seconds * 1000),
  }));
  // Every beat goes to each controller: told is what one of them receives.
  return { perSecond: sent / seconds / stage.controllers, controllers };
}

/** How many workers left the table of any controller for any time, or are no longer live in it. */
async function measurePause(stage: CrowdStage): Promise<number> {
  const pids = pidsOf(await stage.gateway.status(), "controller");
  const since = systemClock.now();
  for (const pid of pids) trySignal(pid, "SIGSTOP");
  await pause(pauseMs);
  for (const pid of pids) trySignal(pid, "SIGCONT");
  // Longer than a lease: what the pause does to leases is seen by then.
  await pause(6000);
  const out = stage.watch.changesSince(since).filter((change) => change.state?.kind !== "live");
  return new Set(out.map((change) => change.worker)).size;
}

async function measureRestart(
  stage: CrowdStage,
  crowd: Crowd,
  workers: number,
): Promise<ScaleResult["restart"]> {
  crowd.mark();
  const beganAt = systemClock.now();
  await stage.startAnew();
  const all = await stage.holds(workers, 60_000);
  const heldAt = systemClock.now();
  await pause(300);
  const { firstOpenAt, lastOpenAt } = crowd.total;
  return {
    sinceStartMs: all ? heldAt - beganAt : undefined,
    sinceFirstSessionMs: all ? heldAt - firstOpenAt : undefined,
    sinceLastSessionMs: all ? Math.max(0, heldAt - lastOpenAt) : undefined,
    reconnectingMs: lastOpenAt - firstOpenAt,
    held: stage.live,
  };
}
