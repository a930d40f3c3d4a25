import { SkeinError } from "../../protocol/error.ts";
import type { StoreState } from "../store.ts";
import type { EtcdApi } from "./api.ts";
import { type Found, judge, type Known, type Verdict } from "./history.ts";
import type { Keys } from "./keys.ts";
import { type Cluster, type Listing, Mirror } from "./mirror.ts";
import { identityIn } from "./records.ts";
import type { Header, KeyRange, KeyValue, Operation } from "./wire.ts";

/** Records read by one request of a list. */
const pageMax = 1000;

export interface ReplicaPorts {
  /** After every change of `state`. */
  changed(state: StoreState): void;
  /** An answer belongs to another history than the one that is known. */
  foreign(what: string): void;
  /** Likewise, but an operator has said that it counts. */
  decided(): void;
}

/**
 * What this handle knows, and the check that every answer belongs to the history of which it is known. What does not is
 * never used.
 */
export class Replica {
  readonly keys: Keys;
  readonly api: EtcdApi;
  readonly #ports: ReplicaPorts;
  #mirror: Mirror;
  #clusterId: string | undefined;
  /** The highest that any answer told. */
  #revisionSeen = 0;
  #told: StoreState;
  #held: string | undefined;
  #continuous = false;
  /** A read at this revision found no identity, of whose end the watch has not told. */
  #missingAt: number | undefined;

  constructor(keys: Keys, api: EtcdApi, ports: ReplicaPorts) {
    this.keys = keys;
    this.api = api;
    this.#ports = ports;
    this.#mirror = new Mirror(keys);
    this.#told = this.#mirror.state;
  }

  get mirror(): Mirror {
    return this.#mirror;
  }

  get clusterId(): string | undefined {
    return this.#clusterId;
  }

  /** Why nothing may be read or written; undefined: all is well. */
  get held(): string | undefined {
    return this.#held;
  }

  /** `continuous`: the watch goes on from `mirror.revision`. */
  situation({ held, continuous }: { held: string | undefined; continuous: boolean }): void {
    this.#held = held;
    this.#continuous = continuous;
  }

  /** Throws while what etcd shows is held at a distance. */
  usable(): void {
    if (this.#held === undefined) return;
    throw new SkeinError(
      "storeFailed",
      `etcd is not what it was: ${this.#held}. What is known is kept, and nothing can be changed until you say which ` +
        "counts: `skein store adopt` takes what is there, `skein store republish` writes what is known",
    );
  }

  /** To be taken before a question is sent, and given to `check` with its answer. */
  known(): Known {
    const { mirror } = this;
    return {
      clusterId: this.#clusterId,
      revision: this.#revisionSeen,
      headRevision: mirror.cluster.head?.modRevision ?? 0,
      identity: mirror.identity,
      continuous: this.#continuous,
    };
  }

  /** Throws when the answer is of another history. `current`: it is no older than its question. */
  check(known: Known, header: Header, current: boolean, cluster?: Cluster): void {
    const verdict = judge(known, foundOf(header, current, cluster));
    if (verdict.kind === "same") {
      this.#clusterId ??= header.clusterId;
      if (current) this.#revisionSeen = Math.max(this.#revisionSeen, header.revision ?? 0);
      const missing = cluster !== undefined && cluster.identity === undefined;
      if (missing && this.#mirror.cluster.identity !== undefined) this.#missingAt = header.revision;
      return;
    }
    if (verdict.kind === "foreign") this.#ports.foreign(verdict.what);
    else this.#ports.decided();
    throw new SkeinError("storeFailed", "etcd was replaced or set back at this moment");
  }

  /** The keys of the leadership and the head, as the whole cluster agrees on them now. */
  async readCluster(): Promise<Cluster> {
    const known = this.known();
    const { header, ranges } = await this.api.transact({
      compare: [],
      success: [{ kind: "range", ...this.keys.cluster }],
    });
    const cluster = this.clusterIn(ranges[0]?.keyValues ?? []);
    this.check(known, header, true, cluster);
    this.takeSeat(cluster, header.revision ?? 0);
    return cluster;
  }

  clusterIn(keyValues: readonly KeyValue[]): Cluster {
    const get = (key: string): KeyValue | undefined => keyValues.find((one) => one.key === key);
    const { leader, seat, identity, head } = this.keys;
    return { leader: get(leader), seat: get(seat), identity: get(identity), head: get(head) };
  }

  /** Reads every record, at one revision. What it is worth is told by the verdict; nothing is taken yet. */
  async list(): Promise<{ listing: Listing; clusterId: string; verdict: Verdict }> {
    const known = this.known();
    const { cluster, configurations, overrides } = this.keys;
    const { header, ranges } = await this.api.transact({
      compare: [],
      success: [
        { kind: "range", ...cluster },
        { kind: "range", ...configurations },
        { kind: "range", ...overrides, limit: pageMax },
      ],
    });
    const revision = header.revision ?? 0;
    const keyValues = ranges.flatMap((range) => range.keyValues);
    const verdict = judge(known, foundOf(header, true, this.clusterIn(keyValues)));
    if (ranges[2]?.more === true) keyValues.push(...(await this.#rest(overrides, revision, keyValues)));
    return { listing: { revision, keyValues }, clusterId: header.clusterId, verdict };
  }

  async #rest(range: Required<KeyRange>, revision: number, first: readonly KeyValue[]): Promise<KeyValue[]> {
    const rest: KeyValue[] = [];
    for (let more = true; more;) {
      const last = rest.at(-1) ?? first.at(-1);
      const key = `${last?.key ?? range.key}\0`;
      const { ranges } = await this.api.transact({
        compare: [],
        success: [{ kind: "range", key, end: range.end, limit: pageMax, revision }],
      });
      rest.push(...(ranges[0]?.keyValues ?? []));
      more = ranges[0]?.more === true;
    }
    return rest;
  }

  takeList(listing: Listing, clusterId: string): void {
    const { identity } = this.clusterIn(listing.keyValues);
    if (this.#continuous && identity === undefined && this.#mirror.cluster.identity !== undefined) {
      // The watch will tell that it was removed; if it does not, this is no list of what is known.
      this.#missingAt = listing.revision;
      return;
    }
    this.#clusterId = clusterId;
    if (this.#mirror.takeList(listing)) this.#revisionSeen = Math.max(this.#revisionSeen, listing.revision);
    this.#tell();
  }

  /** Forgets what was known, and knows this instead. */
  beginAnew(listing: Listing, clusterId: string): void {
    this.#mirror = new Mirror(this.keys);
    this.#revisionSeen = 0;
    this.takeList(listing, clusterId);
  }

  takeSeat(cluster: Omit<Cluster, "head">, revision: number): void {
    this.#mirror.takeSeat(cluster, revision);
    this.#tell();
  }

  takeOwn(operations: readonly Operation[], revision: number): void {
    this.#mirror.takeOwn(operations, revision);
    this.#tell();
  }

  takeEvents(events: Parameters<Mirror["takeEvents"]>[0]): void {
    this.#mirror.takeEvents(events);
    this.#revisionSeen = Math.max(this.#revisionSeen, this.#mirror.revision);
    this.#tell();
    this.#findContradiction();
  }

  /** The watch has told all that happened before a read: if the two differ, they speak of different histories. */
  #findContradiction(): void {
    const missingAt = this.#missingAt;
    if (missingAt === undefined || this.#mirror.revision < missingAt) return;
    this.#missingAt = undefined;
    const there = this.#mirror.cluster.identity;
    if (there !== undefined && there.modRevision <= missingAt) this.#ports.foreign("its records are gone");
  }

  #tell(): void {
    const [before, now] = [this.#told, this.#mirror.state];
    const { leadership } = now;
    const same =
      before.configuration === now.configuration &&
      before.overrides === now.overrides &&
      before.tokens === now.tokens &&
      before.events.lastId === now.events.lastId &&
      before.events.firstId === now.events.firstId &&
      before.leadership.holder === leadership.holder &&
      before.leadership.term === leadership.term &&
      before.leadership.beat === leadership.beat;
    if (same) return;
    this.#told = now;
    this.#ports.changed(now);
  }
}

function foundOf({ clusterId, revision }: Header, current: boolean, cluster: Cluster | undefined): Found {
  const identity = identityIn(cluster?.identity) ?? (cluster?.identity === undefined ? null : undefined);
  return {
    clusterId,
    ...(current && revision !== undefined ? { revision } : {}),
    ...(cluster?.head === undefined ? {} : { headRevision: cluster.head.modRevision }),
    ...(cluster === undefined || identity === undefined ? {} : { identity }),
  };
}
