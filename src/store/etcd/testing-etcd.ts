import type { VirtualTime } from "../../testing/virtual-time.ts";
import { EtcdFailure } from "./failure.ts";
import type {
  Comparison,
  Header,
  KeyRange,
  KeyValue,
  Operation,
  Transaction,
  TransactionAnswer,
  WatchEvent,
} from "./wire.ts";

/** How often etcd looks for leases that are over. */
const expiryEveryMs = 500;

interface ModelLease {
  ttlMs: number;
  endsAt: number;
}

interface ModelWatch {
  range: KeyRange;
  tell: (events: WatchEvent[], revision: number) => void;
}

/**
 * What etcd promises, as a value in virtual time: keys with their revisions, transactions, leases, the history that a watch
 * is told from. It does not know members or networks: see `testing-connection`.
 */
export class ModelEtcd {
  readonly #time: VirtualTime;
  readonly #keys = new Map<string, KeyValue>();
  readonly #leases = new Map<string, ModelLease>();
  readonly #watches = new Set<ModelWatch>();
  #history: { revision: number; events: WatchEvent[] }[] = [];
  #compactedTo = 0;
  #leasesGiven = 0;
  clusterId = "7";
  revision = 1;

  constructor(time: VirtualTime) {
    this.#time = time;
    this.#expire();
  }

  get header(): Header {
    return { clusterId: this.clusterId, revision: this.revision };
  }

  transact({ compare, success, failure = [] }: Transaction): TransactionAnswer {
    const succeeded = compare.every((comparison) => this.#holds(comparison));
    const operations = succeeded ? success : failure;
    for (const operation of operations) {
      if (operation.kind === "put" && operation.lease !== undefined) this.#lease(operation.lease);
    }
    const events = this.#apply(operations, this.revision + 1);
    if (events.length > 0) this.#commit(events);
    const ranges = operations.flatMap((operation) =>
      operation.kind === "range" ? [this.#range(operation)] : [],
    );
    return { header: this.header, succeeded, ranges };
  }

  grant(ttlMs: number): { header: Header; lease: string } {
    this.#leasesGiven += 1;
    const lease = `lease-${this.#leasesGiven}`;
    this.#leases.set(lease, { ttlMs, endsAt: this.#time.nowMs + ttlMs });
    return { header: this.header, lease };
  }

  keepAlive(lease: string): { header: Header; alive: boolean } {
    const known = this.#leases.get(lease);
    if (known !== undefined) known.endsAt = this.#time.nowMs + known.ttlMs;
    return { header: this.header, alive: known !== undefined };
  }

  revoke(lease: string): Header {
    this.#lease(lease);
    this.#leases.delete(lease);
    const bound = [...this.#keys.values()].filter((one) => one.lease === lease);
    const events = this.#apply(
      bound.map(({ key }) => ({ kind: "delete", key })),
      this.revision + 1,
    );
    if (events.length > 0) this.#commit(events);
    return this.header;
  }

  revokeAll(): void {
    for (const lease of this.#leases.keys()) this.revoke(lease);
  }

  /** Tells everything in the range from `revision` on; throws when that is compacted. Gives how to end it. */
  watch(range: KeyRange, revision: number, tell: ModelWatch["tell"]): () => void {
    if (revision <= this.#compactedTo) throw new EtcdFailure("compacted", "model", "compacted");
    const watch: ModelWatch = { range, tell };
    for (const { revision: at, events } of this.#history) {
      const told = events.filter((event) => isIn(range, keyOf(event)));
      if (at >= revision && told.length > 0) tell(told, at);
    }
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  /** As if it were another, with nothing in it, in which so much was written already. */
  beginAnew(revision: number): void {
    this.#keys.clear();
    this.#leases.clear();
    this.#watches.clear();
    this.#history = [];
    this.#compactedTo = 0;
    this.revision = revision;
  }

  /** Forgets the history up to and with this revision. */
  compact(revision = this.revision): void {
    this.#compactedTo = revision;
    this.#history = this.#history.filter((entry) => entry.revision > revision);
  }

  get keyValues(): KeyValue[] {
    return [...this.#keys.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  #expire(): void {
    for (const [lease, { endsAt }] of this.#leases) if (endsAt <= this.#time.nowMs) this.revoke(lease);
    this.#time.at(this.#time.nowMs + expiryEveryMs, () => this.#expire());
  }

  #lease(lease: string): ModelLease {
    const known = this.#leases.get(lease);
    if (known === undefined) throw new EtcdFailure("lease-over", "model", "requested lease not found");
    return known;
  }

  #holds(comparison: Comparison): boolean {
    const there = this.#keys.get(comparison.key);
    if ("created" in comparison) return (there?.createRevision ?? 0) === comparison.created;
    if ("modified" in comparison) return (there?.modRevision ?? 0) === comparison.modified;
    return there?.value === comparison.value;
  }

  #apply(operations: readonly Operation[], revision: number): WatchEvent[] {
    return operations.flatMap((operation): WatchEvent[] => {
      if (operation.kind === "range") return [];
      if (operation.kind === "delete") {
        const keys = [...this.#keys.keys()].filter((key) => isIn(operation, key));
        for (const key of keys) this.#keys.delete(key);
        return keys.map((key) => ({ kind: "delete", key, modRevision: revision }));
      }
      const { key, value, lease = "0" } = operation;
      const createRevision = this.#keys.get(key)?.createRevision ?? revision;
      const keyValue = { key, value, lease, createRevision, modRevision: revision };
      this.#keys.set(key, keyValue);
      return [{ kind: "put", keyValue }];
    });
  }

  #commit(events: WatchEvent[]): void {
    this.revision += 1;
    this.#history.push({ revision: this.revision, events });
    for (const { range, tell } of this.#watches) {
      const told = events.filter((event) => isIn(range, keyOf(event)));
      if (told.length > 0) tell(told, this.revision);
    }
  }

  #range({ limit, ...range }: Extract<Operation, { kind: "range" }>): {
    keyValues: KeyValue[];
    more: boolean;
  } {
    const found = this.keyValues.filter(({ key }) => isIn(range, key));
    return { keyValues: found.slice(0, limit), more: limit !== undefined && found.length > limit };
  }
}

function isIn({ key, end }: KeyRange, one: string): boolean {
  return end === undefined ? one === key : one >= key && one < end;
}

function keyOf(event: WatchEvent): string {
  return event.kind === "put" ? event.keyValue.key : event.key;
}
