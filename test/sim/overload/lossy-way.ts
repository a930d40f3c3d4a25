import type { Random } from "../../../src/runtime/random.ts";
import type { Timeline } from "../balance/timeline.ts";

/** Of TCP on Linux: what is lost is sent again after this time, and after twice as long each time that it is lost again. */
const againMs = 200;

/** One direction of a connection that many requests share: what follows a packet that was lost waits for it. */
export class LossyWay {
  readonly #timeline: Timeline;
  readonly #chance: Random;
  readonly #lossShare: (atMs: number) => number;
  #arrivedAt = 0;

  constructor(timeline: Timeline, lossShare: (atMs: number) => number, chance: Random) {
    this.#timeline = timeline;
    this.#lossShare = lossShare;
    this.#chance = chance;
  }

  carry(arrived: () => void): void {
    let arrivesAt = this.#timeline.nowMs;
    for (let waitMs = againMs; this.#chance() < this.#lossShare(arrivesAt); waitMs *= 2) arrivesAt += waitMs;
    this.#arrivedAt = Math.max(this.#arrivedAt, arrivesAt);
    this.#timeline.at(this.#arrivedAt, arrived);
  }
}
