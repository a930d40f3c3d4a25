import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { Heap, type Heaped } from "./heap.ts";

interface Turn<Worker> extends Heaped {
  readonly worker: Worker;
  due: number;
}

/**
 * `round-robin`, weighted and smooth: the worker whose next turn is due earliest is taken, and its next turn moves on
 * by 1 / weight. A worker with weight 3 beside two of weight 1 gets a b a c a, not a a a b c.
 *
 * For workers and requests that are alike, and where turns must be exact. It looks at nothing: a slow worker gets as many
 * as the others, whatever waits there. Cost: the logarithm of the number of workers. Source: the earliest due first, as
 * Envoy's EDF scheduler has it; the smooth order is that of nginx.
 */
export class Turns<Worker extends Candidate> implements Chooser<Worker> {
  readonly #slowStartMs: number;
  readonly #chance: Chance;
  readonly #heap = new Heap<Turn<Worker>>((left, right) => left.due < right.due);
  readonly #turns = new Map<Worker, Turn<Worker>>();
  /** The latest due time of a turn that was taken. */
  #given = 0;

  constructor(slowStartMs: number, chance: Chance) {
    this.#slowStartMs = slowStartMs;
    this.#chance = chance;
  }

  /** Chance spreads the first turns: several proxies shall not all begin with the same worker. */
  add(worker: Worker): void {
    const turn = { worker, due: this.#given + this.#chance() / worker.weight, at: -1 };
    this.#turns.set(worker, turn);
    this.#heap.put(turn);
  }

  remove(worker: Worker): void {
    this.setAside(worker);
    this.#turns.delete(worker);
  }

  setAside(worker: Worker): void {
    const turn = this.#turns.get(worker);
    if (turn !== undefined) this.#heap.take(turn);
  }

  /** It keeps its due time, and so is next if that has passed. */
  bringBack(worker: Worker): void {
    const turn = this.#turns.get(worker);
    if (turn !== undefined) this.#heap.put(turn);
  }

  choose(now: number): Worker | undefined {
    const turn = this.#heap.first;
    if (turn === undefined) return undefined;
    this.#delay(turn, now);
    this.#heap.moved(turn);
    return turn.worker;
  }

  /** Sets the next turn. Who was passed over for long is owed one turn, not a burst of all that it missed. */
  #delay(turn: Turn<Worker>, now: number): void {
    const step = 1 / (turn.worker.weight * rampShare(turn.worker, this.#slowStartMs, now));
    this.#given = Math.max(this.#given, turn.due);
    turn.due = Math.max(turn.due, this.#given - step) + step;
  }
}
