import type { Priority } from "../../../src/core/admission/priority.ts";
import { seededRandom, type Random } from "../../../src/runtime/random.ts";
import { type Behaviour, exponential } from "../balance/behaviour.ts";
import { Timeline } from "../balance/timeline.ts";
import { WorkerModel } from "../balance/worker-model.ts";
import { GatewayModel, type GatewayRules } from "./gateway-model.ts";
import { LossyWay } from "./lossy-way.ts";

/** A part of the traffic: its requests come by chance, at this rate, between two moments. */
export interface Stream {
  readonly tenant: number;
  readonly priority: Priority;
  readonly perSecond: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Setting {
  readonly workers: number;
  /** Requests that each serves at once. */
  readonly slots: number | readonly number[];
  /** Of the first workers; the others are steady. */
  readonly behaviours?: readonly Behaviour[];
  readonly workMs: (chance: Random, atMs: number) => number;
  /** Of the packets between the gateway and each worker, in each direction. Unset: none is lost. */
  readonly lossShare?: (atMs: number) => number;
  /** They say nothing of themselves, as those that are asked over HTTP/1.1. */
  readonly mute?: boolean;
  /** Clients leave after this time; the workers do not hear of it, and go on. Unset: never. */
  readonly patienceMs?: number;
  readonly rules: GatewayRules;
  readonly streams: readonly Stream[];
}

/** One request of the experiment, and what became of it. */
export interface Fate {
  readonly stream: Stream;
  readonly arrivedAt: number;
  readonly workMs: number;
  readonly endedAt: number;
  /** Undefined: refused, or the client has left. */
  readonly waitedMs: number | undefined;
}

const steady: Behaviour = { kind: "steady", speed: 1 };

/** Virtual time: the same seed gives the same fates. */
export function experiment(setting: Setting, seed: number): Fate[] {
  const timeline = new Timeline();
  const { behaviours = [], lossShare = () => 0, slots, mute = false, patienceMs = Infinity } = setting;
  const workers = Array.from(
    { length: setting.workers },
    (_, at) =>
      new WorkerModel(
        `worker-${at}`,
        behaviours[at] ?? steady,
        typeof slots === "number" ? slots : (slots[at] ?? 0),
        timeline,
        seededRandom(seed * 1_000_003 + at),
      ),
  );
  const links = workers.map((worker, at) => ({
    worker,
    mute,
    there: new LossyWay(timeline, lossShare, seededRandom(seed * 15_485_863 + at)),
    back: new LossyWay(timeline, lossShare, seededRandom(seed * 32_452_843 + at)),
  }));
  const gateway = new GatewayModel(links, setting.rules, timeline, seededRandom(seed * 7_919));
  const fates: Fate[] = [];
  for (const [at, stream] of setting.streams.entries()) {
    const chance = seededRandom(seed * 104_729 + at);
    const next = (atMs: number): void => {
      const dueMs = atMs + exponential(1_000 / stream.perSecond, chance);
      if (dueMs >= stream.untilMs) return;
      timeline.at(dueMs, () => {
        const arrivedAt = timeline.nowMs;
        const { tenant, priority } = stream;
        const workMs = setting.workMs(chance, arrivedAt);
        gateway.request({
          tenant,
          priority,
          workMs,
          patienceMs,
          done: (answer) =>
            fates.push({ stream, arrivedAt, workMs, endedAt: timeline.nowMs, waitedMs: answer?.waitedMs }),
        });
        next(arrivedAt);
      });
    };
    next(stream.fromMs);
  }
  timeline.run();
  return fates;
}

export const isServed = ({ waitedMs }: Fate): boolean => waitedMs !== undefined;
export const tookMs = ({ arrivedAt, endedAt }: Fate): number => endedAt - arrivedAt;

export function quantileMs(fates: readonly Fate[], share: number): number {
  const sorted = Float64Array.from(fates.filter(isServed), tookMs).sort();
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

/** Jain's index of fairness: 1 when all get the same, 1/n when one gets everything. */
export function fairness(amounts: readonly number[]): number {
  const sum = amounts.reduce((all, one) => all + one, 0);
  const squares = amounts.reduce((all, one) => all + one * one, 0);
  return (sum * sum) / (amounts.length * squares);
}
