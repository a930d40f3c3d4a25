import type { Candidate } from "./candidate.ts";

/**
 * A policy: the workers that may get the next request, in whatever order it needs. Nothing here costs more than the
 * logarithm of their number. Weights are above 0, and do not change while a worker is in it.
 */
export interface Chooser<Worker extends Candidate> {
  add(worker: Worker): void;
  remove(worker: Worker): void;
  /** Not to be chosen for now (it is full, or the request has tried it); its turn is kept. */
  setAside(worker: Worker): void;
  /** One that is not set aside stays as it is. */
  bringBack(worker: Worker): void;
  /** Undefined: there is none, or all are set aside. `key`: the hash of what keeps requests together; unset: nothing does. */
  choose(now: number, key?: number): Worker | undefined;
  /** To be told when a worker's requests in flight change, if it is in; undefined: the policy looks only when it chooses. */
  readonly loadChanged?: (worker: Worker) => void;
}
