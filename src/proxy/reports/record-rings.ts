import type { RequestRecord } from "../../protocol/requests.ts";

interface Kept {
  record: RequestRecord;
  bytes: number;
}

/** For all records of one proxy together. */
export const recordsBytesMax = 8 * 1024 * 1024;

/**
 * The last records of each cause: a flood of one failure does not wash away the others. Bounded in their number, by
 * cause, and in their bytes: then the longest ring loses its oldest. Causes are codes of ours, so they are few.
 */
export class RecordRings {
  readonly #rings = new Map<string, Kept[]>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = recordsBytesMax) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(cause: string, record: RequestRecord, countMax: number): void {
    const bytes = bytesOf(record);
    let ring = this.#rings.get(cause);
    if (ring === undefined) this.#rings.set(cause, (ring = []));
    ring.push({ record, bytes });
    this.#bytes += bytes;
    while (ring.length > countMax) this.#dropOldest(ring);
    while (this.#bytes > this.#bytesMax) this.#dropOldest(this.#longest());
  }

  /** In no order. */
  *[Symbol.iterator](): Iterator<RequestRecord> {
    for (const ring of this.#rings.values()) for (const { record } of ring) yield record;
  }

  /** Arrays of some hundreds: moving them costs less than keeping places. */
  #dropOldest(ring: Kept[]): void {
    this.#bytes -= ring.shift()?.bytes ?? 0;
  }

  #longest(): Kept[] {
    let longest: Kept[] = [];
    for (const ring of this.#rings.values()) if (ring.length > longest.length) longest = ring;
    return longest;
  }
}

/** About what it takes in memory: its parts by their usual size, its texts by their length. */
function bytesOf({ host, path, query, tries, routes, workers }: RequestRecord): number {
  const reasons =
    routes?.reduce((sum, route) => sum + route.name.length + route.reasons.join().length, 0) ?? 0;
  const parts = tries.length + (workers?.shown.length ?? 0) + (routes?.length ?? 0);
  return 800 + host.length + path.length + query.length + reasons + parts * 250;
}
