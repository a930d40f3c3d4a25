import { deferred, eventually, pause } from "../wait.ts";
import { unnoticed } from "./detection.ts";
import type { Row } from "./rows.ts";
import type { Scene } from "./scene.ts";

export interface FaultTimes {
  /** From the fault to the gateway's notice of it; undefined where there is nothing to notice. */
  detectMs?: number;
  /** From the heal (where nothing is healed: from the fault) until the cluster was whole; undefined: it was not. */
  recoverMs?: number;
}

export interface PlayOptions {
  tailMs: number;
  recoverWithinMs: number;
  /** Ends the hold before its time. */
  healNow?: Promise<void>;
  /** Told as it comes. */
  onNoticed?: (detectMs: number) => void;
  onHeal?: () => void;
}

/** Does to the stage what the row says, and watches until the cluster is whole again. Load is the caller's part. */
export async function playFault(
  scene: Scene,
  row: Row,
  options: PlayOptions,
): Promise<{ times: FaultTimes; complaints: string[] }> {
  const complaints: string[] = [];
  const watching = { over: false };
  const beganAt = scene.clock.now();
  const acted = deferred();
  const healed = deferred();
  const detected = watchFor(scene, row, watching).then((at) => {
    if (at !== undefined) options.onNoticed?.(at - (scene.struckAt ?? beganAt));
    return at;
  });
  const whole = watchWhole(scene, {
    // Before the gateway has noticed the fault its own account of itself says nothing.
    from:
      row.heal === undefined ? acted.promise.then(async () => await noticed(row, detected)) : healed.promise,
    withinMs: row.holdMs + options.recoverWithinMs,
  });
  await attempt(complaints, async () => await row.act(scene));
  acted.resolve();
  await Promise.race([pause(row.holdMs), options.healNow ?? endless]);
  options.onHeal?.();
  const healAt = row.heal === undefined ? (scene.struckAt ?? beganAt) : scene.clock.now();
  await attempt(complaints, async () => await row.heal?.(scene));
  healed.resolve();
  await pause(beganAt + options.tailMs - scene.clock.now());
  // What is not noticed by now never will be: do not wait for it.
  watching.over = true;
  const wholeAt = await whole;
  if (wholeAt === undefined) {
    complaints.push(`not whole ${options.recoverWithinMs / 1000} s after: ${await scene.stage.describe()}`);
  }
  await pause(500);
  const noticedAt = await detected;
  const times = {
    ...(noticedAt === undefined ? {} : { detectMs: noticedAt - (scene.struckAt ?? beganAt) }),
    ...(wholeAt === undefined ? {} : { recoverMs: wholeAt - healAt }),
  };
  return { times, complaints };
}

const endless = new Promise<void>(() => {});

async function attempt(complaints: string[], step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    complaints.push(String(error));
  }
}

async function noticed(row: Row, detected: Promise<unknown>): Promise<void> {
  if (row.detect !== unnoticed) await detected;
}

async function watchWhole(
  scene: Scene,
  options: { from: Promise<void>; withinMs: number },
): Promise<number | undefined> {
  await options.from;
  return await eventually(async () => ((await scene.stage.whole()) ? scene.clock.now() : undefined), options);
}

async function watchFor(scene: Scene, row: Row, watching: { over: boolean }): Promise<number | undefined> {
  while (!watching.over) {
    const probe = async (): Promise<number | undefined> =>
      scene.struckAt === undefined ? undefined : await row.detect(scene);
    const at = await eventually(probe, { withinMs: 0 });
    if (at !== undefined) return at;
    await pause(10);
  }
  return undefined;
}
