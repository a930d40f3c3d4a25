import type { Evidence, EvidenceReport } from "../../protocol/evidence.ts";
import type { Clock } from "../../runtime/clock.ts";

const batchMs = 10;
/** Held while no controller takes it; the oldest goes first, for the newest says more. */
const heldMax = 1_000;

/** Collects evidence and hands it over in batches, at most one each 10 ms; again what was not taken. */
export class EvidenceBatch {
  readonly #proxy: string;
  readonly #clock: Clock;
  readonly #send: (report: EvidenceReport, done: (taken: boolean) => void) => void;
  #held: Evidence[] = [];
  #waiting = false;

  constructor(
    proxy: string,
    clock: Clock,
    send: (report: EvidenceReport, done: (taken: boolean) => void) => void,
  ) {
    this.#proxy = proxy;
    this.#clock = clock;
    this.#send = send;
  }

  add(evidence: Evidence): void {
    this.#held.push(evidence);
    if (this.#held.length > heldMax) this.#held.shift();
    // The first goes at once: it is what takes a dead worker out everywhere.
    if (!this.#waiting) this.#flush();
  }

  #flush(): void {
    const items = this.#held;
    if (items.length === 0) {
      this.#waiting = false;
      return;
    }
    this.#waiting = true;
    this.#held = [];
    this.#send({ v: 1, proxy: this.#proxy, items }, (taken) => {
      if (!taken) this.#held = [...items, ...this.#held].slice(-heldMax);
      this.#clock.after(taken ? batchMs : 10 * batchMs, () => this.#flush());
    });
  }
}
