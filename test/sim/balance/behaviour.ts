import type { Random } from "../../../src/runtime/random.ts";

/** How a worker differs from one that always serves at full speed. */
export type Behaviour =
  /** `speed` 0.1: everything takes ten times as long. */
  | { kind: "steady"; speed: number }
  /** Stands still for `forMs` of each `everyMs`, from a moment of its own: nothing is begun, nothing goes on. */
  | { kind: "stalls"; forMs: number; everyMs: number }
  /** Stands still once, as all do that ask one database while another takes over. */
  | { kind: "pauses"; fromMs: number; forMs: number }
  /** Stands still at times that nobody can foresee, as for a garbage collection: lengths are even between the two. */
  | { kind: "collects"; everyMs: number; leastMs: number; mostMs: number }
  /** Joins at `joinsAtMs`; its first requests take up to `slower` times as long, until its code is compiled. */
  | { kind: "cold"; joinsAtMs: number; slower: number; requests: number }
  /** Runs at `speed` while its neighbours are at work: for times that are exponential with these means. */
  | { kind: "crowded"; speed: number; quietMs: number; busyMs: number };

/** How much of a full worker's work it does, in the long run. */
export function capacityOf(behaviour: Behaviour): number {
  switch (behaviour.kind) {
    case "steady":
      return behaviour.speed;
    case "stalls":
      return 1 - behaviour.forMs / behaviour.everyMs;
    case "collects": {
      const meanMs = (behaviour.leastMs + behaviour.mostMs) / 2;
      return behaviour.everyMs / (behaviour.everyMs + meanMs);
    }
    case "cold":
    case "pauses":
      return 1;
    case "crowded": {
      const { speed, quietMs, busyMs } = behaviour;
      return (quietMs + speed * busyMs) / (quietMs + busyMs);
    }
  }
}

/** How fast a worker goes from `fromMs` on, until that changes. */
export interface Stretch {
  fromMs: number;
  untilMs: number;
  speed: number;
}

/** A worker's speed over time; asked for times that do not go back. */
export class Pace {
  readonly #chance: Random;
  readonly #behaviour: Behaviour;
  readonly #stretches: Stretch[] = [];

  constructor(behaviour: Behaviour, chance: Random) {
    this.#behaviour = behaviour;
    this.#chance = chance;
    if (behaviour.kind === "stalls") {
      this.#stretches.push({ fromMs: 0, untilMs: chance() * behaviour.everyMs, speed: 1 });
    }
  }

  /** When work that takes `workMs` at full speed, begun at `fromMs`, is done. */
  endOf(fromMs: number, workMs: number): number {
    let left = workMs;
    let at = fromMs;
    for (let index = this.#indexAt(fromMs); ; index += 1) {
      const { untilMs, speed } = this.#stretch(index);
      const done = (untilMs - at) * speed;
      if (done >= left) return at + left / speed;
      left -= done;
      at = untilMs;
    }
  }

  /** The longest time, over the last `withinMs` before `nowMs`, for which it stood still. */
  longestStopMs(nowMs: number, withinMs: number): number {
    let longest = 0;
    for (let index = this.#indexAt(nowMs); index >= 0; index -= 1) {
      const { fromMs, untilMs, speed } = this.#stretch(index);
      if (untilMs < nowMs - withinMs) break;
      if (speed === 0) longest = Math.max(longest, Math.min(untilMs, nowMs) - fromMs);
    }
    return longest;
  }

  #indexAt(atMs: number): number {
    let index = Math.max(0, this.#stretches.length - 1);
    while (index > 0 && this.#stretch(index).fromMs > atMs) index -= 1;
    while (this.#stretch(index).untilMs <= atMs) index += 1;
    return index;
  }

  #stretch(index: number): Stretch {
    while (this.#stretches.length <= index) this.#stretches.push(this.#next(this.#stretches.at(-1)));
    return this.#stretches[index] as Stretch;
  }

  #next(before: Stretch | undefined): Stretch {
    const behaviour = this.#behaviour;
    const fromMs = before?.untilMs ?? 0;
    const wasFast = before !== undefined && before.speed === 1;
    const stretch = (forMs: number, speed: number): Stretch => ({ fromMs, untilMs: fromMs + forMs, speed });
    switch (behaviour.kind) {
      case "steady":
        return stretch(Infinity, behaviour.speed);
      case "cold":
        return stretch(Infinity, 1);
      case "stalls":
        return wasFast ? stretch(behaviour.forMs, 0) : stretch(behaviour.everyMs - behaviour.forMs, 1);
      case "pauses":
        if (fromMs === 0) return stretch(behaviour.fromMs, 1);
        return wasFast ? stretch(behaviour.forMs, 0) : stretch(Infinity, 1);
      case "collects": {
        const { everyMs, leastMs, mostMs } = behaviour;
        return wasFast
          ? stretch(leastMs + this.#chance() * (mostMs - leastMs), 0)
          : stretch(exponential(everyMs, this.#chance), 1);
      }
      case "crowded":
        return wasFast
          ? stretch(exponential(behaviour.busyMs, this.#chance), behaviour.speed)
          : stretch(exponential(behaviour.quietMs, this.#chance), 1);
    }
  }
}

export function exponential(mean: number, chance: Random): number {
  return -mean * Math.log(1 - chance());
}
