import { SkeinError } from "../../protocol/error.ts";
import type { ClusterEvent } from "../../protocol/events.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { newInstanceId, type Random } from "../../runtime/random.ts";
import type {
  LeadershipMark,
  Lease,
  Store,
  StoreChange,
  StoreCondition,
  StoreDecision,
  StoreState,
  StoreWatcher,
  WriteOutcome,
} from "../store.ts";
import type { EtcdApi } from "./api.ts";
import { Carrier } from "./carrier.ts";
import type { Members } from "./client.ts";
import { readEvents } from "./event-pages.ts";
import { EtcdFailure } from "./failure.ts";
import { Follower, troubleOf } from "./follower.ts";
import { isContinuous } from "./following.ts";
import { Keys } from "./keys.ts";
import type { LastKnownFile } from "./last-known.ts";
import { Mender } from "./mender.ts";
import { Presences } from "./presences.ts";
import { Replica } from "./replica.ts";
import { Seat, seatLeaseMs } from "./seat.ts";
import { Writer } from "./writer.ts";

/** Trouble that lasts longer is told. A change to another member is none. */
const troubleMs = 2000;
/** So long damage may last before the leader writes anew: another handle may be at it. */
const mendAfterMs = 500;

export interface EtcdStoreOptions {
  prefix: string;
  /** `moved` is to be called when another member is spoken to. */
  connect: (moved: () => void) => { api: EtcdApi; members: Members };
  /** What etcd held when this host last saw it. */
  lastKnown: Pick<LastKnownFile, "read" | "changed" | "close">;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The driver `etcd`: the controllers of many hosts share a cluster of etcd. */
export class EtcdStore implements Store {
  readonly silence = {
    judge: "store",
    leaseMs: seatLeaseMs,
    toldUntil: (): number => this.#follower.toldUntil,
  } as const;
  readonly presence: Presences;
  readonly #options: EtcdStoreOptions;
  readonly #members: Members;
  readonly #replica: Replica;
  readonly #follower: Follower;
  readonly #seat: Seat;
  readonly #mender: Mender;
  readonly #writer: Writer;
  readonly #watchers = new Set<StoreWatcher>();
  #state: "new" | "open" | "closed" = "new";
  /** The condition that the watchers were told last. */
  #toldCondition: StoreCondition["kind"] = "sound";
  #damagedSince: number | undefined;
  #mending = false;
  /** Keys of pages; as many as somebody changed by hand. */
  readonly #unreadableTold = new Set<string>();

  constructor(options: EtcdStoreOptions) {
    this.#options = options;
    const { prefix, connect, clock, random, logger } = options;
    const { api, members } = connect(() => this.#follower.moved());
    const replica = new Replica(new Keys(prefix), api, {
      changed: (state) => this.#changed(state),
      foreign: (what) => this.#follower.foreign(what),
      decided: () => this.#follower.decided(),
    });
    const seat = new Seat(replica);
    const ticked = (): void => this.#tick();
    const handle = newInstanceId();
    this.presence = new Presences(replica.keys, handle);
    const { presence: presences } = this;
    const follower = new Follower({ replica, members, clock, random, handle, presences, ticked });
    const catchUp = (): Promise<void> => follower.list();
    const mender = new Mender({ replica, seat, clock, logger, catchUp });
    const mend = (lease: Lease): Promise<WriteOutcome> => mender.mend(lease);
    const carrier = new Carrier(replica, clock);
    this.#members = members;
    this.#replica = replica;
    this.#seat = seat;
    this.#follower = follower;
    this.#mender = mender;
    this.#writer = new Writer({ replica, seat, carrier, clock, catchUp, mend });
  }

  async open(): Promise<void> {
    const kept = this.#options.lastKnown.read(this.#options.prefix);
    if (kept !== undefined) this.#replica.takeList(kept, kept.clusterId);
    this.#state = "open";
    try {
      // Who knows something from before asks one member alone: what the others have to say comes while it serves.
      await (kept === undefined ? this.#patiently(() => this.#follower.list()) : this.#follower.list());
      this.#follower.start("listed");
    } catch (error) {
      // With what is known from before, this controller can serve until etcd answers.
      if (kept !== undefined) return this.#follower.start("list-failed");
      await this.close();
      throw error;
    }
  }

  get condition(): StoreCondition {
    const { following, trouble } = this.#follower;
    const { view } = this.#replica.mirror;
    if (following.kind === "held") return { kind: "held", what: following.what };
    const lastsMs = trouble === undefined ? 0 : this.#options.clock.now() - trouble.since;
    if (trouble !== undefined && lastsMs > troubleMs)
      return { kind: "failing", what: troubleOf(trouble.error) };
    if (view.kind === "broken") return { kind: "damaged", what: this.#mender.hopeless ?? view.what };
    return view.kind === "newer" ? { kind: "failing", what: view.what } : { kind: "sound" };
  }

  get place(): string {
    return `etcd at ${this.#members.endpoint}, prefix ${this.#options.prefix}`;
  }

  get lastKnown(): StoreState | undefined {
    return this.#replica.mirror.revision === 0 ? undefined : this.#replica.mirror.state;
  }

  /** While another history is held at a distance, the last known state. */
  async read(): Promise<StoreState> {
    this.#usable();
    const replica = this.#replica;
    if (replica.held === undefined && !(await this.#isCurrent()) && replica.held === undefined) {
      await this.#patiently(() => this.#follower.list());
    }
    return replica.mirror.state;
  }

  async acquire(holder: string, seen: LeadershipMark, termFloor: number): Promise<number | undefined> {
    this.#usable();
    this.#replica.usable();
    return this.#seat.acquire(holder, seen, termFloor);
  }

  async beat(lease: Lease): Promise<WriteOutcome> {
    this.#usable();
    this.#replica.usable();
    return this.#seat.beat(lease);
  }

  async resign(lease: Lease): Promise<WriteOutcome> {
    this.#usable();
    this.#replica.usable();
    return this.#seat.resign(lease);
  }

  async write(lease: Lease, changes: readonly StoreChange[]): Promise<WriteOutcome> {
    this.#usable();
    return this.#writer.write(lease, changes);
  }

  async events(afterId: number, limit: number): Promise<ClusterEvent[]> {
    this.#usable();
    this.#replica.usable();
    return this.#patiently(() => readEvents(this.#replica, afterId, limit, (key) => this.#unreadable(key)));
  }

  watch(watcher: StoreWatcher): () => void {
    this.#usable();
    const own: StoreWatcher = {
      changed: (state) => watcher.changed(state),
      failed: (error) => watcher.failed(error),
    };
    this.#watchers.add(own);
    return () => this.#watchers.delete(own);
  }

  async decide(word: StoreDecision): Promise<void> {
    this.#usable();
    await this.#mender.decide(word);
    try {
      const { listing, clusterId, verdict } = await this.#replica.list();
      // Of what was decided only: should it be yet another history, what is known stays held.
      if (verdict.kind === "decided") this.#replica.beginAnew(listing, clusterId);
      if (verdict.kind !== "foreign") this.#follower.settled();
    } catch (error) {
      // It is decided; the next look finds that by itself.
      this.#options.logger.warn({ error: String(error) }, "what was decided could not be read at once");
    }
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#watchers.clear();
    this.#writer.close();
    await this.#options.lastKnown.close();
    await this.#follower.close();
    this.#members.close();
  }

  #usable(): void {
    if (this.#state !== "open") throw new SkeinError("storeFailed", "the store is not open");
  }

  /** Whether the content is as it is known. False also when it turned out just now that there is another history. */
  async #isCurrent(): Promise<boolean> {
    const replica = this.#replica;
    if (!isContinuous(this.#follower.following)) return false;
    try {
      const { head } = await this.#patiently(() => replica.readCluster());
      return head?.modRevision === replica.mirror.cluster.head?.modRevision;
    } catch (error) {
      if (error instanceof EtcdFailure || isContinuous(this.#follower.following)) throw error;
      return false;
    }
  }

  /** At one member after the other, until one can do it. Only for what may be done twice. */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (error) {
        const elsewhere = error instanceof EtcdFailure && error.elsewhere;
        if (!elsewhere || tries >= this.#members.triesForAll) throw error;
      }
    }
  }

  #changed(state: StoreState): void {
    for (const watcher of this.#watchers) watcher.changed(state);
    this.#options.lastKnown.changed(() => {
      const { clusterId, mirror } = this.#replica;
      if (clusterId === undefined || mirror.view.kind !== "whole") return undefined;
      const { prefix } = this.#options;
      return { clusterId, prefix, revision: mirror.revision, keyValues: mirror.records };
    });
  }

  #tick(): void {
    const { condition } = this;
    if (condition.kind !== this.#toldCondition) {
      this.#toldCondition = condition.kind;
      if (condition.kind !== "sound") this.#tellFailure(condition.what);
    }
    this.#mendInTime(condition);
  }

  #unreadable(key: string): void {
    if (this.#unreadableTold.has(key)) return;
    this.#unreadableTold.add(key);
    this.#options.logger.warn({ key }, "a page of events was changed by somebody: its events cannot be read");
  }

  #tellFailure(what: string): void {
    const error = new SkeinError("storeFailed", what);
    for (const watcher of this.#watchers) watcher.failed(error);
  }

  /** The leader does not wait for the next write to make damage good. */
  #mendInTime(condition: StoreCondition): void {
    const { clock } = this.#options;
    const lease = this.#seat.own;
    if (condition.kind !== "damaged") this.#damagedSince = undefined;
    else this.#damagedSince ??= clock.now();
    const due = this.#damagedSince !== undefined && clock.now() - this.#damagedSince >= mendAfterMs;
    if (!due || lease === undefined || this.#mending || this.#mender.hopeless !== undefined) return;
    this.#mending = true;
    this.#mender
      .mend(lease)
      .catch((error: unknown) =>
        this.#tellFailure(error instanceof SkeinError ? error.detail : String(error)),
      )
      .finally(() => {
        this.#mending = false;
        this.#damagedSince = undefined;
      });
  }
}
