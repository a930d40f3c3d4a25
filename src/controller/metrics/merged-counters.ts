/** One look at the counters of one process, all since its start. */
export interface Look {
  process: string;
  /** One life of it: another one began at zero. */
  instance: string;
  /** How long it has lived. */
  upMs: number;
  /** By key; each time the same number of values. */
  counts: ReadonlyMap<string, readonly number[]>;
}

const processesMax = 256;

/**
 * Counters of several processes as one, which never goes back when a process is replaced: what the ended one counted
 * stays counted. It counts from its own beginning on.
 */
export class MergedCounters {
  readonly #beganAt: number;
  readonly #keysMax: number;
  readonly #totals = new Map<string, number[]>();
  readonly #last = new Map<string, Pick<Look, "instance" | "counts">>();

  constructor(beganAt: number, keysMax: number) {
    this.#beganAt = beganAt;
    this.#keysMax = keysMax;
  }

  take(look: Look, now: number): void {
    const before = this.#last.get(look.process);
    if (before === undefined && this.#last.size >= processesMax) return;
    this.#last.set(look.process, look);
    const known = before !== undefined && before.instance === look.instance ? before.counts : undefined;
    // Of a process that counted before anybody looked, nobody can say when it counted what.
    const countsAll = known !== undefined || look.upMs <= now - this.#beganAt;
    for (const [key, counts] of look.counts) this.#add(key, counts, countsAll ? known?.get(key) : counts);
  }

  #add(key: string, counts: readonly number[], from: readonly number[] | undefined): void {
    // Something that counts less than before began anew, as another life of a worker does.
    const restarted = from?.some((value, at) => value > (counts[at] ?? 0)) === true;
    const base = restarted ? undefined : from;
    let total = this.#totals.get(key);
    if (total === undefined) {
      if (this.#totals.size >= this.#keysMax) this.#forgetOldest();
      total = counts.map(() => 0);
      this.#totals.set(key, total);
    }
    for (const [at, value] of counts.entries()) total[at] = (total[at] ?? 0) + value - (base?.[at] ?? 0);
  }

  #forgetOldest(): void {
    for (const oldest of this.#totals.keys()) {
      this.#totals.delete(oldest);
      return;
    }
  }

  get(key: string): readonly number[] | undefined {
    return this.#totals.get(key);
  }

  entries(): Iterable<[string, readonly number[]]> {
    return this.#totals;
  }

  forgetProcess(process: string): void {
    this.#last.delete(process);
  }
}
