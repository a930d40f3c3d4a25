/** At most so many requests of one key in a time. */
export interface RateRules {
  readonly requests: number;
  readonly perMs: number;
  /** Possible at once, after a pause. */
  readonly burst: number;
}

/** More keys are not told apart. */
const keysMax = 100_000;
/** Buckets looked at for each new key: a table whose buckets are nearly all in use has room for one more as well. */
const looksMax = 4;

/**
 * Token buckets, one for each key, as one number each: when the bucket will be full again (GCRA, ITU-T I.371). What is full
 * is forgotten. Where more keys are busy at once than are kept, the new ones share one bucket: a crowd of made-up keys must
 * not wash away the buckets of those that are over their limit. Changed in place.
 */
export class RateTable {
  readonly #keysMax: number;
  readonly #fullAt = new Map<string, number>();
  /** Goes round and round: no bucket that is in use for long hides those behind it. */
  #hand: Iterator<[key: string, fullAt: number], undefined> = this.#fullAt.entries();
  #overflowFullAt = 0;

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
    const everyMs = (rules.perMs / rules.requests) * sharers;
    const spareMs = (Math.max(1, rules.burst / sharers) - 1) * everyMs;
    const known = this.#fullAt.get(key);
    const isShared = known === undefined && !this.#hasRoom(now);
    const fullAt = Math.max(now, isShared ? this.#overflowFullAt : (known ?? 0));
    const waitMs = fullAt - now - spareMs;
    if (waitMs > 1e-6) return waitMs;
    if (isShared) this.#overflowFullAt = fullAt + everyMs;
    else this.#fullAt.set(known === undefined ? copyOf(key) : key, fullAt + everyMs);
    return 0;
  }

  /** Full buckets are forgotten, some for each new key. */
  #hasRoom(now: number): boolean {
    for (let looks = 0; looks < looksMax; looks += 1) {
      const { value } = this.#hand.next();
      if (value === undefined) {
        this.#hand = this.#fullAt.entries();
        break;
      }
      const [key, fullAt] = value;
      if (fullAt <= now) this.#fullAt.delete(key);
    }
    return this.#fullAt.size < this.#keysMax;
  }
}

/** A key is a slice of a request's head, and would keep all of it. */
function copyOf(key: string): string {
  return JSON.parse(JSON.stringify(key)) as string;
}
