import type { Candidate } from "./candidate.ts";
import { hashText, mix, unitOf } from "./hash.ts";
import type { KeyIndex } from "./key-index.ts";
import { WeightedBag } from "./weighted-bag.ts";

/** More: evener shares, more memory, dearer changes. With 160, shares of equals differ by some 8 %. Ketama's number. */
const pointsPerWeight = 160;
const pointsMax = 16_000;
/** A weight beyond these counts as the nearest of them: it has one point, or as many as are allowed. */
export const ringWeights = { min: 1 / pointsPerWeight, max: pointsMax / pointsPerWeight } as const;
/** After so many points of workers that are set aside, chance by key finds one of the others. */
const walkMax = 64;

interface Point<Worker> {
  readonly at: number;
  readonly worker: Worker;
}

/**
 * `ring-hash`: each worker stands at many points of a ring, and a key is served by the next point from its own. Where a
 * worker goes, its keys go to its neighbours. For who needs what other proxies do under this name; `rendezvous` spreads more
 * evenly, costs less to change, and needs no points.
 *
 * The ring is cut into about as many pieces as there are points, so that a key's piece is found by its first bits. Cost:
 * two pieces on average, whatever the number of workers; a worker that comes or goes moves 160 points, and
 * ten thousand that come at once 1.6 million: for services of up to a thousand.
 * Source: Karger et al., Consistent Hashing and Random Trees, 1997; ketama (last.fm), 2007.
 */
export class RingHash<Worker extends Candidate> implements KeyIndex<Worker> {
  #pieces: Point<Worker>[][] = [[]];
  #bits = 0;
  #points = 0;
  readonly #present = new WeightedBag<Worker>();
  readonly #aside = new Set<Worker>();

  add(worker: Worker): void {
    this.#present.put(worker, worker.weight);
    const count = pointCount(worker);
    this.#points += count;
    if (this.#points > this.#pieces.length * 2) this.#cut();
    const seed = hashText(worker.id);
    for (let number = 0; number < count; number += 1) this.#put({ at: mix(seed, number), worker });
  }

  remove(worker: Worker): void {
    if (!this.#present.take(worker) && !this.#aside.delete(worker)) return;
    const count = pointCount(worker);
    const seed = hashText(worker.id);
    for (let number = 0; number < count; number += 1) {
      const piece = this.#pieceOf(mix(seed, number));
      const index = piece.findIndex((point) => point.worker === worker);
      if (index !== -1) piece.splice(index, 1);
    }
    this.#points -= count;
    if (this.#points * 8 < this.#pieces.length) this.#cut();
  }

  setAside(worker: Worker): void {
    if (this.#present.take(worker)) this.#aside.add(worker);
  }

  bringBack(worker: Worker): void {
    if (this.#aside.delete(worker)) this.#present.put(worker, worker.weight);
  }

  find(hash: number): Worker | undefined {
    if (this.#present.size === 0) return undefined;
    let walked = 0;
    let from = hash;
    for (let index = this.#indexOf(hash); ; index = (index + 1) % this.#pieces.length) {
      for (const { at, worker } of this.#pieces[index] ?? []) {
        if (at < from) continue;
        if (!this.#aside.has(worker)) return worker;
        walked += 1;
        if (walked >= walkMax) return this.#byChance(hash);
      }
      // From the next piece on every point comes after the key; also from the first, behind the ring's end.
      from = 0;
    }
  }

  #byChance(hash: number): Worker | undefined {
    let draws = 0;
    return this.#present.draw(() => unitOf(mix(hash, (draws += 1))));
  }

  #put(point: Point<Worker>): void {
    const piece = this.#pieceOf(point.at);
    let index = piece.length;
    while (index > 0 && comesBefore(point, piece[index - 1])) index -= 1;
    piece.splice(index, 0, point);
  }

  #pieceOf(at: number): Point<Worker>[] {
    return this.#pieces[this.#indexOf(at)] ?? [];
  }

  #indexOf(at: number): number {
    return this.#bits === 0 ? 0 : at >>> (32 - this.#bits);
  }

  /** Into as many pieces as there are points, or up to twice as many. */
  #cut(): void {
    const points = this.#pieces.flat();
    this.#bits = Math.max(0, Math.ceil(Math.log2(Math.max(1, this.#points))));
    this.#pieces = Array.from({ length: 2 ** this.#bits }, () => []);
    for (const point of points) this.#put(point);
  }
}

function pointCount({ weight }: Candidate): number {
  return Math.max(1, Math.min(pointsMax, Math.round(weight * pointsPerWeight)));
}

/** At the same place the ids decide, so that the order of coming does not. */
function comesBefore<Worker extends Candidate>(
  one: Point<Worker>,
  other: Point<Worker> | undefined,
): boolean {
  if (other === undefined || one.at !== other.at) return other !== undefined && one.at < other.at;
  return one.worker.id < other.worker.id;
}
