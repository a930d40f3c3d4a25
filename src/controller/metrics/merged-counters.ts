/** One look at the counters of one process, all since its start. */
export interface Look {
  process: string;
  /** One life of it: another one began at zero. */
  instance: string;
  /** How long it has lived. */
  upMs: number;
  /** By key; each time the same number of values. */
  counts: ReadonlyMap<string, readonly number[]>;
  /** Whether there are keys that found no room in `counts`. */
  leavesOut: boolean;
}

const processesMax = 256;
/** They tell each second. Who is older at the first look counted where nobody looked: when, nobody can say. */
const youngMs = 10_000;

/**
 * Counters of several processes as one, which never goes back when a process is replaced: what the ended one counted
 * stays counted, and one that was silent for however long goes on where it was. A life that is first seen when it is no
 * longer young counts from then on.
 */
export class MergedCounters {
  readonly #keysMax: number;
  readonly #totals = new Map<string, number[]>();
  readonly #last = new Map<string, Pick<Look, "instance" | "counts" | "leavesOut">>();

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  take(look: Look): void {
    const before = this.#last.get(look.process);
    // Those that were heard last stand last.
    this.#last.delete(look.process);
    if (this.#last.size >= processesMax) forgetFirst(this.#last);
    this.#last.set(look.process, look);
    const known = before?.instance === look.instance ? before : undefined;
    // Else a key may come that has counted for long.
    const seesBeginnings = known === undefined ? look.upMs <= youngMs : !known.leavesOut;
    for (const [key, counts] of look.counts) {
      this.#add(key, counts, known?.counts.get(key) ?? (seesBeginnings ? undefined : counts));
    }
  }

  #add(key: string, counts: readonly number[], from: readonly number[] | undefined): void {
    // Something that counts less than before began anew, as another life of a worker does.
    const restarted = from?.some((value, at) => value > (counts[at] ?? 0)) === true;
    const base = restarted ? undefined : from;
    let total = this.#totals.get(key);
    if (total === undefined) {
      if (this.#totals.size >= this.#keysMax) forgetFirst(this.#totals);
      total = counts.map(() => 0);
      this.#totals.set(key, total);
    }
    for (const [at, value] of counts.entries()) total[at] = (total[at] ?? 0) + value - (base?.[at] ?? 0);
  }

  get(key: string): readonly number[] | undefined {
    return this.#totals.get(key);
  }
}

function forgetFirst(map: Map<string, unknown>): void {
  for (const first of map.keys()) {
    map.delete(first);
    return;
  }
}
