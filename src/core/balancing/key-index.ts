import type { Candidate } from "./candidate.ts";

/**
 * Who serves a key: the same worker for the same set of workers, at every gateway, in whatever order they came; and few
 * keys move when one comes or goes. Set aside, a worker keeps its place: its keys go elsewhere, and come back.
 */
export interface KeyIndex<Worker extends Candidate> {
  add(worker: Worker): void;
  remove(worker: Worker): void;
  setAside(worker: Worker): void;
  bringBack(worker: Worker): void;
  /** Undefined: there is none, or all are set aside. */
  find(hash: number): Worker | undefined;
}
