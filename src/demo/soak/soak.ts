import { systemClock } from "../../runtime/clock.ts";
import { seededRandom } from "../../runtime/random.ts";
import type { Excuses } from "../drill/tally.ts";
import { eventually, pause } from "../wait.ts";
import { FaultPlayer } from "./fault-player.ts";
import { look, Observer } from "./observer.ts";
import { type Life, Recorder, type Sample } from "./recorder.ts";
import { type LoadAccount, SoakLoad } from "./soak-load.ts";
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
  /** What has not come back to its base after the load. */
  notBack: string[];
  /** At rest: before the load, and after it. */
  base: Record<string, Sample>;
  rest: Record<string, Sample>;
  lives: Life[];
}

/** Of a short load before: what a process opens once, and keeps, is part of the base. */
const warmUpMs = 10_000;
/** The time of an idle connection to a worker, which no client decides. */
const idleWorkerMs = 4_000;
/** Idle connections have their time, and then some. */
const restWithinMs = 60_000;

/** Everything that `npm run soak` does, on one gateway: a load, rough clients and faults, and then nothing. */
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

async function soakOn(
  stage: SoakStage,
  options: SoakOptions,
  base: Map<string, Sample>,
): Promise<SoakResult> {
  const { minutes, seed, progress } = options;
  const recorder = new Recorder();
  const observer = new Observer(stage, recorder);
  const excuses: Excuses = { proxiesLostAt: [], workersKilled: true };
  const player = new FaultPlayer({ stage, random: seededRandom(seed), excuses, progress });
  const load = new SoakLoad(stage, options, "soak");
  const beganMs = systemClock.now();
  try {
    const endsMs = beganMs + minutes * 60_000;
    await load.run(async () => await player.play(endsMs));
    progress("no load any more: everything must come back to what it was");
    const rest = await backTo(base, stage);
    return {
      minutes,
      seed,
      collects: options.collects,
      ...load.account(stage, excuses),
      faults: Object.fromEntries(player.played),
      complaints: player.complaints,
      processes: judge(recorder.lives, beganMs, endsMs),
      notBack: notBack(base, rest),
      base: Object.fromEntries(base),
      rest: Object.fromEntries(rest),
      lives: recorder.lives,
    };
  } finally {
    observer.close();
  }
}

/** What is there when nothing has become less for longer than any idle connection lives. */
async function atRest(stage: SoakStage): Promise<Map<string, Sample>> {
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
async function backTo(base: Map<string, Sample>, stage: SoakStage): Promise<Map<string, Sample>> {
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
