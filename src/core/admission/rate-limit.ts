import { BucketClock } from "./bucket-clock.ts";

/** At most so many requests of one key in a time. */
export interface RateRules {
  readonly requests: number;
  readonly perMs: number;
  /** Possible at once, after a pause. */
  readonly burst: number;
}

/** More keys are not told apart. */
const keysMax = 100_000;
/** Buckets looked at for each new key, by age and by the hand: a table whose buckets are nearly all in use has room for one more as well. */
const looksMax = { oldest: 2, hand: 4 } as const;
/** So often the oldest may be in use before it is looked for anew. */
const standsMax = 1_024;

/**
 * Token buckets, one for each key, as one number each: when the bucket will be full again (GCRA, ITU-T I.371), by the table's
 * own clock. What is full is forgotten. Where more keys are busy at once than are kept, the new ones share one bucket: a crowd of made-up keys must
 * not wash away the buckets of those that are over their limit. Changed in place.
 */
export class RateTable {
  readonly #keysMax: number;
  readonly #fullAt = new Map<string, number>();
  /** Goes round and round: no bucket that is in use for long hides those behind it. */
  #hand: Iterator<[key: string, fullAt: number], undefined> = this.#fullAt.entries();
  /**
   * Goes forward from the oldest, and stops before the first that is in use, `#oldest`: who begins at the front of a `Map` walks over all that
   * was deleted there. From time to time it begins there all the same: one that stands still keeps all that its `Map` has left behind since.
   */
  #front: Iterator<string, undefined> = this.#fullAt.keys();
  #oldest: string | undefined;
  #stoodStill = 0;
  #overflowFullAt = 0;
  readonly #clock = new BucketClock();

  constructor(max = keysMax) {
    this.#keysMax = max;
  }

  get size(): number {
    return this.#fullAt.size;
  }

  /**
   * Takes one token. 0: it was there; else the milliseconds until one is. `sharers`: so many tables share the limit, and
   * each has that part of it, but never less than one request at once.
   */
  take(key: string, rules: RateRules, sharers: number, now: number): number {
    const at = this.goBy(rules, sharers, now);
    const { pace } = this.#clock;
    const everyMs = everyMsBy(rules, sharers);
    const known = this.#fullAt.get(key);
    const isShared = known === undefined && !this.#hasRoom(at);
    const fullAt = Math.max(at, isShared ? this.#overflowFullAt : (known ?? 0));
    const waitMs = (fullAt - at) / pace - (fullMsBy(rules, sharers) - everyMs);
    if (waitMs > 1e-6) return waitMs;
    if (isShared) this.#overflowFullAt = fullAt + everyMs * pace;
    else this.#fullAt.set(known === undefined ? copyOf(key) : key, fullAt + everyMs * pace);
    return 0;
  }

  /** From now on buckets fill by these rules; each is as full as it was. The time by the clock of the table. */
  goBy(rules: RateRules, sharers: number, now: number): number {
    return this.#clock.at(now, fullMsBy(rules, sharers));
  }

  /** Full buckets are forgotten, some for each new key: the oldest, and what the hand meets. */
  #hasRoom(at: number): boolean {
    this.#forgetOldest(at);
    for (let looks = 0; looks < looksMax.hand; looks += 1) {
      const { value } = this.#hand.next();
      if (value === undefined) {
        this.#hand = this.#fullAt.entries();
        break;
      }
      const [key, fullAt] = value;
      if (fullAt <= at) this.#fullAt.delete(key);
    }
    return this.#fullAt.size < this.#keysMax;
  }

  /** Of keys that come once the oldest are full first. */
  #forgetOldest(at: number): void {
    for (let looks = 0; looks < looksMax.oldest; looks += 1) {
      this.#oldest ??= this.#front.next().value;
      if (this.#oldest === undefined) {
        this.#front = this.#fullAt.keys();
        return;
      }
      if ((this.#fullAt.get(this.#oldest) ?? 0) > at) return this.#standStill();
      this.#fullAt.delete(this.#oldest);
      this.#oldest = undefined;
    }
  }

  #standStill(): void {
    this.#stoodStill += 1;
    if (this.#stoodStill % standsMax !== 0) return;
    this.#front = this.#fullAt.keys();
    this.#oldest = undefined;
  }
}

/** A token comes back. */
function everyMsBy({ requests, perMs }: RateRules, sharers: number): number {
  return (perMs / requests) * sharers;
}

/** An empty bucket is full. */
function fullMsBy({ requests, perMs, burst }: RateRules, sharers: number): number {
  return (perMs / requests) * Math.max(sharers, burst);
}

/** A key is a slice of a request's head, and would keep all of it. */
function copyOf(key: string): string {
  return JSON.parse(JSON.stringify(key)) as string;
}
