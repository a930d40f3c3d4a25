/**
 * Whether too much waits for a reader: more than the most that one turn of the event loop ever brought, a whole table for
 * instance, and so much besides. What a turn writes waits in any case, until the turn is over.
 */
export class Backlog {
  readonly #max: number;
  #turn = 0;
  #largestTurn = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** To be asked after each write: of so much, and so much waits now. */
  isTooMuch(written: number, waiting: number): boolean {
    if (this.#turn === 0) setImmediate(() => (this.#turn = 0));
    this.#turn += written;
    this.#largestTurn = Math.max(this.#largestTurn, this.#turn);
    return waiting > this.#largestTurn + this.#max;
  }
}
