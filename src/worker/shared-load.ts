import type { Load } from "../protocol/heartbeat.ts";
import type { KnownLife } from "./known-life.ts";

/**
 * What the main thread tells the watch thread without a message, for a blocked thread sends none: its last sign of
 * life, its load, and how its first contact went (first-contact.ts). One block of shared memory; the main thread
 * writes and the watch thread reads, but for `alone`.
 */
export interface SharedLoad {
  /** Monotonic milliseconds of the main thread's last tick. */
  stamp: BigInt64Array;
  /** When the life of the first contact began. Written before its generation, and read after it. */
  begunAtMs: Float64Array;
  counts: Int32Array;
}

const countSlots = {
  inFlight: 0,
  delayP99Micros: 1,
  utilizationPerMille: 2,
  generation: 3,
  alone: 4,
} as const;
const slotsCount = Object.keys(countSlots).length;
/** Of one block: 8 bytes each for the stamp and the beginning, then the counts. */
const blockBytes = 16 + 4 * slotsCount;

export function newSharedLoad(): SharedArrayBuffer {
  return new SharedArrayBuffer(blockBytes);
}

export function sharedLoadIn(memory: SharedArrayBuffer): SharedLoad {
  return {
    stamp: new BigInt64Array(memory, 0, 1),
    begunAtMs: new Float64Array(memory, 8, 1),
    counts: new Int32Array(memory, 16, slotsCount),
  };
}

export function writeStamp(shared: SharedLoad, nowMs: number): void {
  Atomics.store(shared.stamp, 0, BigInt(Math.floor(nowMs)));
}

export function readStampMs(shared: SharedLoad): number {
  return Number(Atomics.load(shared.stamp, 0));
}

export function addInFlight(shared: SharedLoad, change: 1 | -1): void {
  Atomics.add(shared.counts, countSlots.inFlight, change);
}

export function readInFlight(shared: SharedLoad): number {
  return Atomics.load(shared.counts, countSlots.inFlight);
}

export function writeLoop(shared: SharedLoad, loop: { delayP99Ms: number; utilization: number }): void {
  Atomics.store(
    shared.counts,
    countSlots.delayP99Micros,
    Math.min(2 ** 31 - 1, Math.round(loop.delayP99Ms * 1000)),
  );
  Atomics.store(shared.counts, countSlots.utilizationPerMille, Math.round(loop.utilization * 1000));
}

export function readDelayP99Micros(shared: SharedLoad): number {
  return Atomics.load(shared.counts, countSlots.delayP99Micros);
}

export function readUtilizationPerMille(shared: SharedLoad): number {
  return Atomics.load(shared.counts, countSlots.utilizationPerMille);
}

export function readLoad(shared: SharedLoad, memoryBytes: number): Load {
  return {
    inFlight: readInFlight(shared),
    eventLoopDelayP99Ms: readDelayP99Micros(shared) / 1000,
    eventLoopUtilization: readUtilizationPerMille(shared) / 1000,
    memoryBytes,
  };
}

/** `failed`: the main thread will not ask again. A life that it was given before stays known. */
export function writeFirstContact(shared: SharedLoad, life: KnownLife | "failed"): void {
  if (life !== "failed") shared.begunAtMs[0] = life.begunAtMs ?? 0;
  const generation = life === "failed" ? -1 : life.generation;
  Atomics.compareExchange(shared.counts, countSlots.generation, 0, generation);
  Atomics.notify(shared.counts, countSlots.generation);
}

/** It has gone one way or the other. */
export function firstContactIsOver(shared: SharedLoad): boolean {
  return Atomics.load(shared.counts, countSlots.generation) !== 0;
}

/** Blocks the calling (watch) thread until the first contact has gone one way or the other, at most `withinMs`. */
export function awaitFirstContact(shared: SharedLoad, withinMs: number): void {
  Atomics.wait(shared.counts, countSlots.generation, 0, withinMs);
}

/**
 * The watch thread begins its own sessions: the main thread makes no first contact any more. Gives the life if there was
 * one.
 */
export function goAlone(shared: SharedLoad): KnownLife | undefined {
  Atomics.store(shared.counts, countSlots.alone, 1);
  const generation = Atomics.load(shared.counts, countSlots.generation);
  const begunAtMs = shared.begunAtMs[0] ?? 0;
  if (generation <= 0) return undefined;
  return begunAtMs > 0 ? { generation, begunAtMs } : { generation };
}

export function watchThreadGoesAlone(shared: SharedLoad): boolean {
  return Atomics.load(shared.counts, countSlots.alone) === 1;
}
