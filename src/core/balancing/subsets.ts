import type { Candidate } from "./candidate.ts";
import type { Balancer } from "./balancer.ts";

/** What a worker says of itself, besides where it is. */
export interface Labels {
  readonly version?: string | undefined;
  readonly zone?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Who belongs to a subset: those of whom all of this is true. */
export interface SubsetRule extends Labels {
  /** Who serves while none of the subset may be chosen: nobody (`none`), the whole service (`any`), another subset. */
  readonly otherwise: string;
}

export interface Labelled {
  readonly labels: Labels;
}

export function belongsTo({ version, zone, tags = [], metadata = {} }: SubsetRule, labels: Labels): boolean {
  if (version !== undefined && version !== labels.version) return false;
  if (zone !== undefined && zone !== labels.zone) return false;
  if (!tags.every((tag) => labels.tags?.includes(tag) === true)) return false;
  return Object.entries(metadata).every(
    ([key, value]) =>
      labels.metadata !== undefined && Object.hasOwn(labels.metadata, key) && labels.metadata[key] === value,
  );
}

export function sameLabels(one: Labels, other: Labels): boolean {
  return (
    one.version === other.version &&
    one.zone === other.zone &&
    sameList(one.tags ?? [], other.tags ?? []) &&
    sameList(Object.entries(one.metadata ?? {}).flat(), Object.entries(other.metadata ?? {}).flat())
  );
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}

/** A subset, and whether anybody of it may be chosen. */
export interface SubsetAtHand {
  readonly rule: SubsetRule;
  readonly members: { readonly isEmpty: boolean };
}

/** Who serves requests of the subset `name` now. `any`: the whole service; undefined: it is not known, so nobody. */
export function servingOf<Subset extends SubsetAtHand>(
  subsets: ReadonlyMap<string, Subset>,
  name: string,
): Subset | "any" | undefined {
  let at = name;
  // No way back to where it was: a configuration with one is refused.
  for (let steps = 0; steps <= subsets.size; steps += 1) {
    const found = subsets.get(at);
    if (found === undefined) return undefined;
    const { members, rule } = found;
    if (!members.isEmpty || rule.otherwise === "none") return found;
    if (rule.otherwise === "any") return "any";
    at = rule.otherwise;
  }
  return undefined;
}

/**
 * The workers of a service that may be chosen, and by name those of each subset: an index that changes with the
 * workers, so that a request only names its subset. A worker may belong to several. Each subset is balanced by itself,
 * over the same view of the workers: requests in flight, latencies and limits are those of the worker, whoever asks.
 */
export class Subsets<Worker extends Candidate & Labelled> {
  /** The whole service. */
  readonly whole: Balancer<Worker>;
  readonly #named = new Map<string, { rule: SubsetRule; members: Balancer<Worker> }>();
  /** In place of a subset that is not known any more: its requests must not reach others. */
  readonly #nobody: Balancer<Worker>;

  constructor(rules: Readonly<Record<string, SubsetRule>>, newBalancer: () => Balancer<Worker>) {
    this.whole = newBalancer();
    this.#nobody = newBalancer();
    for (const [name, rule] of Object.entries(rules)) this.#named.set(name, { rule, members: newBalancer() });
  }

  add(worker: Worker): void {
    this.whole.add(worker);
    for (const { rule, members } of this.#named.values())
      if (belongsTo(rule, worker.labels)) members.add(worker);
  }

  remove(worker: Worker): void {
    this.whole.remove(worker);
    for (const { members } of this.#named.values()) members.remove(worker);
  }

  /** Its requests in flight have changed. */
  loadChanged(worker: Worker): void {
    this.whole.loadChanged(worker);
    if (this.#named.size > 0) for (const { members } of this.#named.values()) members.loadChanged(worker);
  }

  /** Whether it may ever get a request of this subset: it is of it, or of one that stands in. Unset: of the whole service. */
  mayServe({ labels }: Labelled, name: string | undefined): boolean {
    let at = name ?? "any";
    for (let steps = 0; steps <= this.#named.size; steps += 1) {
      if (at === "any") return true;
      const rule = this.#named.get(at)?.rule;
      if (rule === undefined) return false;
      if (belongsTo(rule, labels)) return true;
      at = rule.otherwise;
    }
    return false;
  }

  /** Among whom a request of this subset is balanced now. Unset: it is of none. */
  of(name: string | undefined): Balancer<Worker> {
    if (name === undefined) return this.whole;
    const serving = servingOf(this.#named, name);
    if (serving === "any") return this.whole;
    return serving === undefined ? this.#nobody : serving.members;
  }
}
