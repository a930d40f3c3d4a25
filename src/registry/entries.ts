import type { Past } from "../core/registry/generation.ts";
import { isLoopbackAddress } from "../core/registry/address.ts";
import type { Worker } from "../core/registry/worker.ts";
import { type Entry, keyOf, namesOf } from "./entry.ts";
import { Graves, pastWith } from "./graves.ts";

/** As a peer tells of it. */
export interface LifeElsewhere {
  generation: number;
  begunAtMs?: number;
  left?: boolean;
}

/** The workers that are known, each by its service and id, and of those that are forgotten the highest life. */
export class Entries {
  readonly #byKey = new Map<string, Entry>();
  readonly #graves = new Graves();
  #joined = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** Those that are in no configuration. */
  get joined(): number {
    return this.#joined;
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.#byKey.values();
  }

  get(service: string, id: string): Entry | undefined {
    return this.#byKey.get(keyOf(service, id));
  }

  byKey(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** It was not forgotten meanwhile. */
  has(entry: Entry): boolean {
    return this.#byKey.get(entry.key) === entry;
  }

  /** Of one service, or of all. */
  withId(id: string, service?: string): Entry[] {
    if (service !== undefined) {
      const one = this.get(service, id);
      return one === undefined ? [] : [one];
    }
    const found: Entry[] = [];
    for (const entry of this) if (entry.worker.registration.id === id) found.push(entry);
    return found;
  }

  /** Of one that is not known, or no longer: the highest life ever seen. */
  pastOf(service: string, id: string): Past {
    return this.#graves.past(keyOf(service, id));
  }

  /** The last that is known of it, also when it is forgotten. */
  hasLeft(service: string, id: string): boolean {
    return this.get(service, id)?.worker.left ?? this.#graves.hasLeft(keyOf(service, id));
  }

  /** Who left and is forgotten. Not those that only sent heartbeats: they have nothing by which to come back. */
  *departed(): Generator<{ service: string; id: string; past: Past }> {
    for (const [key, { left, ...past }] of this.#graves)
      if (left && past.begunAtMs !== undefined && !this.#byKey.has(key)) yield { ...namesOf(key), past };
  }

  add(worker: Worker): Entry {
    const { service, id } = worker.registration;
    const key = keyOf(service, id);
    const entry: Entry = {
      key,
      worker,
      load: {},
      instance: undefined,
      past: pastWith(this.#graves.past(key), worker.registration),
      told: undefined,
      weight: undefined,
      tickAt: Number.POSITIVE_INFINITY,
      published: undefined,
      session: undefined,
      replaced: undefined,
      paced: false,
      onDraining: undefined,
    };
    this.#byKey.set(key, entry);
    this.#count(worker, 1);
    return entry;
  }

  /** Another life, or another origin, in place of the one before. */
  replace(entry: Entry, worker: Worker): void {
    this.#count(entry.worker, -1);
    entry.worker = worker;
    this.#count(worker, 1);
  }

  /** False: it was forgotten before. */
  delete(entry: Entry): boolean {
    if (!this.#byKey.delete(entry.key)) return false;
    this.#count(entry.worker, -1);
    // Of a loopback address others may have one of the same name, which has not left.
    const { registration, left } = entry.worker;
    this.#graves.bury(entry.key, entry.past, left && !isLoopbackAddress(registration.address));
    return true;
  }

  /** Of a worker that is not known here a life was seen elsewhere, which is over. */
  bury(service: string, id: string, life: LifeElsewhere): void {
    const key = keyOf(service, id);
    if (this.#byKey.has(key)) return;
    const past = this.#graves.past(key);
    // That an earlier life left says nothing of the last one.
    const left = (life.left === true && life.generation >= past.generation) || this.#graves.hasLeft(key);
    this.#graves.bury(key, pastWith(past, life), left);
  }

  #count({ origin }: Worker, by: 1 | -1): void {
    if (origin === "joined") this.#joined += by;
  }
}
