import { type Grade, gradeOf, type HealthView, outSince } from "./grade.ts";

/** What is told of each worker that may be chosen from now on, or not any more. */
export interface Chosen<Worker> {
  add(worker: Worker): void;
  remove(worker: Worker): void;
}

interface Standing<Worker> {
  readonly worker: Worker;
  readonly grade: Grade;
  /** Of those softly out: the order in which they went out. */
  readonly since: number;
  readonly number: number;
}

const softShareMax = 0.5;
const panicBelow = 0.5;

/**
 * Who of one service may be chosen, from the table's state and first-hand evidence; the worse of the two counts. Three
 * rules keep mistaken evidence from emptying a service:
 * - soft evidence takes out at most half of the members: those beyond, the latest first, stay in;
 * - still under half live, by hard evidence (panic): soft evidence is overridden, but nothing is sent to the mute;
 * - nobody left: the mute are tried after all. Hard evidence is never overridden.
 *
 * Kept up to date worker by worker: a change costs as much as the differences that follow from it.
 */
export class Roster<Worker extends HealthView> {
  readonly #chosen: Chosen<Worker>;
  readonly #standings = new Map<Worker, Standing<Worker>>();
  /** Softly out, who went first at the front. From `#softFrom` on they are chosen all the same. */
  readonly #soft: Standing<Worker>[] = [];
  #softFrom = 0;
  readonly #mute = new Set<Worker>();
  #muteChosen = false;
  #live = 0;
  #members = 0;
  #numbered = 0;

  constructor(chosen: Chosen<Worker>) {
    this.#chosen = chosen;
  }

  /** The worker is new, or its state or health have changed. */
  set(worker: Worker): void {
    const before = this.#standings.get(worker);
    const grade = gradeOf(worker);
    const since = grade === "soft" ? outSince(worker) : 0;
    if (before !== undefined && before.grade === grade && before.since === since) return;
    if (before !== undefined) this.#takeOut(before);
    this.#numbered += 1;
    const standing = { worker, grade, since, number: this.#numbered };
    this.#standings.set(worker, standing);
    this.#putIn(standing);
    this.#settle();
  }

  delete(worker: Worker): void {
    const before = this.#standings.get(worker);
    if (before === undefined) return;
    this.#standings.delete(worker);
    this.#takeOut(before);
    this.#settle();
  }

  #putIn(standing: Standing<Worker>): void {
    const { worker, grade } = standing;
    if (grade !== "apart") this.#members += 1;
    if (grade === "live") {
      this.#live += 1;
      this.#chosen.add(worker);
    } else if (grade === "mute") {
      this.#mute.add(worker);
      if (this.#muteChosen) this.#chosen.add(worker);
    } else if (grade === "soft") {
      const at = this.#placeInSoft(standing);
      this.#soft.splice(at, 0, standing);
      if (at < this.#softFrom) this.#softFrom += 1;
      else this.#chosen.add(worker);
    }
  }

  #takeOut(standing: Standing<Worker>): void {
    const { worker, grade } = standing;
    if (grade !== "apart") this.#members -= 1;
    if (grade === "live") {
      this.#live -= 1;
      this.#chosen.remove(worker);
    } else if (grade === "mute") {
      this.#mute.delete(worker);
      if (this.#muteChosen) this.#chosen.remove(worker);
    } else if (grade === "soft") {
      const at = this.#placeInSoft(standing);
      this.#soft.splice(at, 1);
      if (at < this.#softFrom) this.#softFrom -= 1;
      else this.#chosen.remove(worker);
    }
  }

  /** Where it lies, or where it belongs: found by halving. */
  #placeInSoft(standing: Standing<Worker>): number {
    let low = 0;
    let high = this.#soft.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#soft[middle];
      if (other !== undefined && wentOutBefore(other, standing)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What the change of one means for the others. */
  #settle(): void {
    const softOut = Math.min(
      this.#soft.length,
      Math.max(0, Math.floor(this.#members * softShareMax) - this.#mute.size),
    );
    const kept = this.#soft.length - softOut;
    const panic = this.#live + kept < this.#members * panicBelow;
    this.#moveSoftFrom(panic ? 0 : softOut);
    this.#chooseMute(this.#live === 0 && this.#softFrom === this.#soft.length);
  }

  #moveSoftFrom(from: number): void {
    const change = from < this.#softFrom ? "add" : "remove";
    const moved = this.#soft.slice(Math.min(from, this.#softFrom), Math.max(from, this.#softFrom));
    this.#softFrom = from;
    for (const { worker } of moved) this.#chosen[change](worker);
  }

  #chooseMute(chosen: boolean): void {
    if (chosen === this.#muteChosen) return;
    this.#muteChosen = chosen;
    for (const worker of this.#mute) {
      if (chosen) this.#chosen.add(worker);
      else this.#chosen.remove(worker);
    }
  }
}

function wentOutBefore(one: Standing<unknown>, other: Standing<unknown>): boolean {
  return one.since < other.since || (one.since === other.since && one.number < other.number);
}
