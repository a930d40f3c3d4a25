import { systemClock } from "../../runtime/clock.ts";
import { seededRandom } from "../../runtime/random.ts";
import type { Excuses } from "../drill/tally.ts";
import { eventually, pause } from "../wait.ts";
import { FaultPlayer } from "./fault-player.ts";
import { look, Observer, type Seen } from "./observer.ts";
import { type Life, Recorder, type Sample } from "./recorder.ts";
import { accountOf, type LoadAccount, SoakLoad } from "./soak-load.ts";
import { SoakStage, soakStageDefaults } from "./soak-stage.ts";
import { judge, notBack, type ProcessVerdict } from "./verdict.ts";

export interface SoakOptions {
  minutes: number;
  seed: number;
  /** Requests a second of the clients that behave. */
  perSecond: number;
  /** Every process collects its garbage every few seconds. */
  collects: boolean;
  progress: (line: string) => void;
}

export interface SoakResult extends LoadAccount {
  minutes: number;
  seed: number;
  collects: boolean;
  /** How often each fault was played. */
  faults: Record<string, number>;
  /** What went wrong besides: the cluster did not become whole after a fault. */
  complaints: string[];
  processes: ProcessVerdict[];
  /** Loads, and rests behind each of them. */
  loads: number;
  /** What has not come back to its base after one of the loads. */
  notBack: string[];
  /** At rest: before the first load, and after the last one. */
  base: Record<string, Sample>;
  rest: Record<string, Sample>;
  lives: Life[];
}

/** Loads of one soak; shorter ones where these would be too few for a trend. */
const loadMinutes = 3;
const loadsMin = 4;
/** Of a short load before: what a process opens once, and keeps, is part of the base. */
const warmUpMs = 10_000;
/** The time of an idle connection to a worker, which no client decides. */
const idleWorkerMs = 4_000;
/** Idle connections have their time, and then some. */
const restWithinMs = 60_000;

/**
 * Everything that `npm run soak` does, on one gateway: a load with rough clients and faults, then a rest, and the same again.
 * While clients and faults come and go, the connections of those that are spared go up and down by chance; at rest everything is to be
 * as it was, and what was never closed is there.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { progress } = options;
  const stage = await SoakStage.open({ ...soakStageDefaults, collects: options.collects });
  let failed = true;
  try {
    await stage.start();
    progress("a short load, to know what the processes hold at rest");
    await new SoakLoad(stage, options, "warm-up").run(async () => await pause(warmUpMs));
    const result = await soakOn(stage, options, await atRest(stage));
    const { failed: lost, refused } = result.tally;
    failed = lost + refused + result.complaints.length + result.notBack.length > 0;
    return result;
  } finally {
    if (failed) progress(`logs are kept in ${stage.directory}`);
    await stage.stop({ keep: failed });
  }
}

async function soakOn(stage: SoakStage, options: SoakOptions, base: Map<string, Seen>): Promise<SoakResult> {
  const { minutes, seed, progress } = options;
  const recorder = new Recorder();
  const observer = new Observer(stage, recorder);
  const excuses: Excuses = { proxiesLostAt: [], workersKilled: true };
  const player = new FaultPlayer({ stage, random: seededRandom(seed), excuses, progress });
  const loads = Math.max(loadsMin, Math.round(minutes / loadMinutes));
  const ended: SoakLoad[] = [];
  const missing: string[] = [];
  const beganMs = systemClock.now();
  let endedMs = beganMs;
  let rest = base;
  try {
    while (ended.length < loads) {
      const own = { ...options, seed: seed + ended.length };
      const load = new SoakLoad(stage, own, `soak-${ended.length + 1}`);
      const untilMs = systemClock.now() + (minutes * 60_000) / loads;
      await load.run(async () => await player.play(untilMs));
      ended.push(load);
      endedMs = systemClock.now();
      progress(`no load any more (${ended.length} of ${loads}): everything must come back to what it was`);
      rest = await backTo(base, stage);
      for (const [name, seen] of rest) recorder.rest(name, seen);
      missing.push(...notBack(base, rest).map((one) => `load ${ended.length}: ${one}`));
    }
    return {
      minutes,
      seed,
      loads,
      collects: options.collects,
      ...accountOf(ended, stage, excuses),
      faults: Object.fromEntries(player.played),
      complaints: player.complaints,
      processes: judge(recorder.lives, beganMs, endedMs),
      notBack: missing,
      base: Object.fromEntries(base),
      rest: Object.fromEntries(rest),
      lives: recorder.lives,
    };
  } finally {
    observer.close();
  }
}

/** What is there when nothing has become less for longer than any idle connection lives. */
async function atRest(stage: SoakStage): Promise<Map<string, Seen>> {
  await stage.whole(restWithinMs);
  let last = await look(stage);
  for (;;) {
    await pause(stage.options.idleClientMs + idleWorkerMs);
    const now = await look(stage);
    if (notBack(now, last).length === 0) return now;
    last = now;
  }
}

/** What is there when it is no more than `base`; when it does not become so, what there is at the end. */
async function backTo(base: Map<string, Seen>, stage: SoakStage): Promise<Map<string, Seen>> {
  let last = base;
  await eventually(
    async () => {
      last = await look(stage);
      return notBack(base, last).length === 0 || undefined;
    },
    { withinMs: restWithinMs, everyMs: 1_000 },
  );
  return last;
}
