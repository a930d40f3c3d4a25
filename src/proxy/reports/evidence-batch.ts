import type { Evidence, EvidenceReport } from "../../protocol/evidence.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Posted } from "../json-request.ts";

const batchMs = 10;
/** Held while no controller takes it; the oldest goes first, for the newest says more. */
const heldMax = 1_000;

/**
 * Collects evidence and hands it over in batches, at most one each 10 ms; again what was not taken. What a controller refuses it
 * refuses the next time as well: it goes, or it would take all that is newer with it.
 */
export class EvidenceBatch {
  readonly #proxy: string;
  readonly #clock: Clock;
  readonly #send: (report: EvidenceReport, done: (posted: Posted) => void) => void;
  #held: Evidence[] = [];
  #waiting = false;

  constructor(
    proxy: string,
    clock: Clock,
    send: (report: EvidenceReport, done: (posted: Posted) => void) => void,
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
    this.#send({ v: 1, proxy: this.#proxy, items }, (posted) => {
      if (posted === "failed") this.#held = [...items, ...this.#held].slice(-heldMax);
      this.#clock.after(posted === "taken" ? batchMs : 10 * batchMs, () => this.#flush());
    });
  }
}
