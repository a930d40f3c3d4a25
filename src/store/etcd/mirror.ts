import type { Leadership, StoreState } from "../store.ts";
import { contentOf, type ContentView, neverWritten, type WholeContent } from "./content.ts";
import { isWithin, type Keys } from "./keys.ts";
import { type Head, type Identity, identityIn } from "./records.ts";
import { type KeyRange, type KeyValue, noLease, type Operation, type WatchEvent } from "./wire.ts";

/** The keys `cluster/...`. */
export interface Cluster {
  leader: KeyValue | undefined;
  seat: KeyValue | undefined;
  identity: KeyValue | undefined;
  head: KeyValue | undefined;
}

/** Every record, as it was at `revision`. */
export interface Listing {
  revision: number;
  keyValues: readonly KeyValue[];
}

/**
 * What this handle knows of etcd: a copy of the records, kept up by lists, by the watch, by reads and by own transactions.
 * For each key the newest word wins, so news may come twice and overtake each other.
 *
 * Invariant: what was whole once is not forgotten because keys are gone: `state` gives the last whole content.
 */
export class Mirror {
  readonly #keys: Keys;
  #revision = 0;
  /** `cluster/...` and `configuration/...`. */
  readonly #others = new Map<string, KeyValue>();
  readonly #overrides = new Map<string, KeyValue>();
  /** When a key that is not there was seen to be gone. */
  readonly #gone = new Map<string, number>();
  #view: ContentView = neverWritten;
  #whole: WholeContent = neverWritten;
  #identity: Identity | undefined;
  /** What changed since the content was whole last. */
  readonly #changed = { content: false, overrides: false };
  #leadership: Leadership = { holder: null, term: 0, beat: 0 };

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** List or watch have told everything up to here. 0: nothing yet. */
  get revision(): number {
    return this.#revision;
  }

  /** The last whole content, and who leads. */
  get state(): StoreState {
    return { ...this.#whole.content, leadership: this.#leadership };
  }

  /** The content as it stands in etcd at this moment. */
  get view(): ContentView {
    return this.#view;
  }

  /** Of the last whole content. Undefined: nothing was ever written. */
  get head(): Head | undefined {
    return this.#whole.head;
  }

  /** The last one that was there. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  get cluster(): Cluster {
    const get = (key: string): KeyValue | undefined => this.#others.get(key);
    const { leader, seat, identity, head } = this.#keys;
    return { leader: get(leader), seat: get(seat), identity: get(identity), head: get(head) };
  }

  get records(): KeyValue[] {
    return [...this.#others.values(), ...this.#overrides.values()];
  }

  /** Takes a list. False: it is older than what is known, and was passed over. */
  takeList({ revision, keyValues }: Listing): boolean {
    if (revision < this.#revision) return false;
    const listed = new Set(keyValues.map(({ key }) => key));
    let changed = false;
    for (const { key } of this.records) {
      if (!listed.has(key)) changed = this.#remove(key, revision) || changed;
    }
    for (const keyValue of keyValues) changed = this.#put(keyValue) || changed;
    this.#advance(revision);
    if (changed) this.#learn();
    return true;
  }

  /** Takes what the watch told, whole revisions only. */
  takeEvents(events: readonly WatchEvent[]): void {
    let changed = false;
    let newest = this.#revision;
    for (const event of events) {
      const { key, modRevision } = event.kind === "put" ? event.keyValue : event;
      newest = Math.max(newest, modRevision);
      if (modRevision <= this.#revision || !this.#isRecord(key)) continue;
      const news = event.kind === "put" ? this.#put(event.keyValue) : this.#remove(key, modRevision);
      changed ||= news;
    }
    this.#advance(newest);
    if (changed) this.#learn();
  }

  /** Takes what a read at `revision` says of the leadership. Of the content it says too little. */
  takeSeat({ leader, seat, identity }: Omit<Cluster, "head">, revision: number): void {
    const keys = this.#keys;
    const take = (key: string, keyValue: KeyValue | undefined): boolean =>
      keyValue === undefined ? this.#remove(key, revision) : this.#put(keyValue);
    const news = [take(keys.leader, leader), take(keys.seat, seat)];
    // That an identity is gone is for the watch to tell: else nobody could say whether it is of this history.
    if (identity !== undefined) news.push(this.#put(identity));
    if (news.includes(true)) this.#learn();
  }

  /** Takes what an own transaction did at `revision`. */
  takeOwn(operations: readonly Operation[], revision: number): void {
    for (const operation of operations) {
      if (operation.kind === "put") this.#put(this.#made(operation, revision));
      if (operation.kind === "delete") {
        for (const key of this.#within(operation)) this.#remove(key, revision);
      }
    }
    this.#learn();
  }

  #made({ key, value, lease = noLease }: Extract<Operation, { kind: "put" }>, revision: number): KeyValue {
    // What is bound to a lease is put only where there is nothing, whatever was last seen there.
    const before = lease === noLease ? this.#mapOf(key).get(key) : undefined;
    const createRevision = before?.createRevision ?? revision;
    return { key, value, lease, createRevision, modRevision: revision };
  }

  #within({ key, end }: KeyRange): string[] {
    const isIt = (one: string): boolean => (end === undefined ? one === key : isWithin(one, { key, end }));
    return [...this.#mapOf(key).keys()].filter(isIt);
  }

  #mapOf(key: string): Map<string, KeyValue> {
    return isWithin(key, this.#keys.overrides) ? this.#overrides : this.#others;
  }

  #isRecord(key: string): boolean {
    const { cluster, configurations, overrides } = this.#keys;
    return [cluster, configurations, overrides].some((range) => isWithin(key, range));
  }

  #put(keyValue: KeyValue): boolean {
    const { key, modRevision } = keyValue;
    if (modRevision <= this.#knownOf(key)) return false;
    this.#mapOf(key).set(key, keyValue);
    this.#gone.delete(key);
    this.#noteChange(key);
    return true;
  }

  #remove(key: string, revision: number): boolean {
    if (revision <= this.#knownOf(key)) return false;
    this.#gone.set(key, revision);
    this.#noteChange(key);
    return this.#mapOf(key).delete(key);
  }

  #noteChange(key: string): void {
    const { leader, seat, overrides } = this.#keys;
    if (key === leader || key === seat) return;
    this.#changed.content = true;
    this.#changed.overrides ||= isWithin(key, overrides);
  }

  /** When the newest word about a key was written. */
  #knownOf(key: string): number {
    return this.#mapOf(key).get(key)?.modRevision ?? this.#gone.get(key) ?? 0;
  }

  /** What is gone needs to be remembered only until the watch has told it; of the keys that are read, always. */
  #advance(revision: number): void {
    this.#revision = revision;
    for (const [key, goneAt] of this.#gone) {
      if (goneAt <= revision && !isWithin(key, this.#keys.cluster)) this.#gone.delete(key);
    }
  }

  #learn(): void {
    if (this.#changed.content) this.#learnContent();
    this.#leadership = leadershipOf(this.cluster, this.#identity?.termBase ?? 0, this.#leadership);
  }

  #learnContent(): void {
    const { overrides: overridesChanged } = this.#changed;
    const records = { others: this.#others, overrides: this.#overrides, overridesChanged };
    this.#view = contentOf(records, this.#keys, this.#whole.content);
    this.#changed.content = false;
    this.#identity = identityIn(this.cluster.identity) ?? this.#identity;
    if (this.#view.kind !== "whole") return;
    // Nothing at all is whole as well, but only where there never was anything.
    if (this.#view.head === undefined && this.#whole.head !== undefined) {
      this.#view = { kind: "broken", what: "every record is gone" };
      return;
    }
    this.#whole = this.#view;
    this.#changed.overrides = false;
  }
}

/**
 * A term never goes back: whatever is gone from etcd, what was seen of the leadership was there. A leader's key without a
 * lease is a copy that somebody made of one: it would never end, so the seat is free.
 */
function leadershipOf({ leader, seat }: Cluster, termBase: number, before: Leadership): Leadership {
  if (leader !== undefined && leader.lease !== noLease) {
    const term = leader.createRevision + termBase;
    if (term >= before.term) return { holder: leader.value, term, beat: 0 };
  }
  const term = Math.max(before.term, termBase + (seat?.modRevision ?? 0));
  return { holder: null, term, beat: term === 0 ? 0 : 1 };
}
