import { newInstanceId } from "../../runtime/random.ts";
import type { LeadershipMark, Lease, WriteOutcome } from "../store.ts";
import type { EtcdApi } from "./api.ts";
import { EtcdFailure } from "./failure.ts";
import type { Cluster } from "./mirror.ts";
import { encodeRecord, type Identity } from "./records.ts";
import type { Replica } from "./replica.ts";
import { type KeyValue, noLease, type Operation } from "./wire.ts";

/**
 * How long a seat outlives the last beat of its holder. Lower: faster takeover from a holder that is gone; higher: more
 * patience with an etcd that elects a leader of its own, or whose disk is slow.
 */
export const seatLeaseMs = 3000;

/** A seat that is held, and what holds it in etcd. */
interface Held extends Lease {
  createRevision: number;
  /** Of etcd: bound to it is the leader's key alone, so its end is the end of the term. */
  etcdLease: string;
}

/**
 * The leadership in etcd: a key that only one can put where it is absent, bound to a lease of that term alone. A beat
 * keeps the lease alive; revoking it frees the seat.
 */
export class Seat {
  readonly #replica: Replica;
  readonly #api: EtcdApi;
  #own: Held | undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#api = replica.api;
  }

  async acquire(holder: string, seen: LeadershipMark, termFloor: number): Promise<number | undefined> {
    if (this.#replica.mirror.state.leadership.term < seen.term) await this.#replica.readCluster();
    const { leadership } = this.#replica.mirror.state;
    if (leadership.term !== seen.term || leadership.beat !== seen.beat) return undefined;
    const before = this.#replica.mirror.cluster;
    if (before.leader !== undefined && !(await this.#free(before.leader))) return undefined;
    const known = this.#replica.known();
    const { header, lease } = await this.#api.grant(seatLeaseMs);
    this.#replica.check(known, header, false);
    const won = await this.#claim(holder, lease, before, termFloor);
    if (won === undefined) {
      // It is bound to nothing: whether this arrives does not matter.
      this.#api.revoke(lease).catch(() => {});
      return undefined;
    }
    this.#own = won;
    return won.term;
  }

  async beat(lease: Lease): Promise<WriteOutcome> {
    const held = await this.#find(lease);
    if (held === undefined) return "stale-term";
    const known = this.#replica.known();
    const { header, alive } = await this.#api.keepAlive(held.etcdLease);
    this.#replica.check(known, header, false);
    if (alive && !this.#isOver(lease)) return "ok";
    this.#forget(held);
    return "stale-term";
  }

  async resign(lease: Lease): Promise<WriteOutcome> {
    const held = await this.#find(lease);
    if (held === undefined) return "stale-term";
    this.#forget(held);
    return (await this.#unseat(held.etcdLease)) ? "ok" : "stale-term";
  }

  /** The leader's key as it must be for a write under this lease. */
  recordOf(lease: Lease): { createRevision: number; holder: string } {
    const { holder } = lease;
    const own = this.#own;
    if (own?.term === lease.term && own.holder === holder) {
      return { createRevision: own.createRevision, holder };
    }
    return { createRevision: lease.term - this.#termBase, holder };
  }

  /** The term that this handle leads, as far as it knows. */
  get own(): Lease | undefined {
    const own = this.#own;
    return own === undefined || this.#isOver(own) ? undefined : { holder: own.holder, term: own.term };
  }

  /** False: another was faster. */
  async #free({ key, lease, createRevision }: KeyValue): Promise<boolean> {
    if (lease !== noLease && (await this.#unseat(lease))) return true;
    // A key that stands without its lease would stand for ever.
    const known = this.#replica.known();
    const success: Operation[] = [{ kind: "delete", key }];
    const compare = [{ key, created: createRevision }];
    const { header, succeeded } = await this.#api.transact({ compare, success });
    this.#replica.check(known, header, true);
    if (succeeded) this.#replica.takeOwn(success, header.revision ?? 0);
    return succeeded;
  }

  /** Ends a holder's lease. False: it was over already. */
  async #unseat(etcdLease: string): Promise<boolean> {
    const known = this.#replica.known();
    for (let tries = 1; ; tries += 1) {
      try {
        const header = await this.#api.revoke(etcdLease);
        this.#replica.check(known, header, false);
        return true;
      } catch (error) {
        if (!(error instanceof EtcdFailure)) throw error;
        // A lease of this name is given once: that it is over now is what was wanted, whoever has done it.
        if (error.kind === "lease-over") return tries > 1;
        if (!error.elsewhere || tries >= 3) throw error;
      }
    }
  }

  /** Puts the leader's key where there is none. Undefined: another was faster. */
  async #claim(
    holder: string,
    etcdLease: string,
    before: Cluster,
    termFloor: number,
  ): Promise<Held | undefined> {
    const { keys } = this.#replica;
    const known = this.#replica.known();
    const identity = this.#identityAbove(termFloor, known.revision, before.identity !== undefined);
    const success: Operation[] = [
      { kind: "put", key: keys.leader, value: holder, lease: etcdLease },
      { kind: "put", key: keys.seat, value: holder },
      ...(identity.put
        ? [{ kind: "put", key: keys.identity, value: encodeRecord(identity.record) } as const]
        : []),
    ];
    try {
      const { header, succeeded, ranges } = await this.#api.transact({
        compare: [
          { key: keys.leader, created: 0 },
          { key: keys.seat, modified: before.seat?.modRevision ?? 0 },
          { key: keys.identity, modified: before.identity?.modRevision ?? 0 },
        ],
        success,
        failure: [{ kind: "range", ...keys.cluster }],
      });
      const revision = header.revision ?? 0;
      const found = this.#replica.clusterIn(ranges[0]?.keyValues ?? []);
      this.#replica.check(known, header, true, succeeded ? undefined : found);
      if (!succeeded) {
        this.#replica.takeSeat(found, revision);
        return undefined;
      }
      this.#replica.takeOwn(success, revision);
      return { holder, term: revision + identity.record.termBase, createRevision: revision, etcdLease };
    } catch (error) {
      if (!(error instanceof EtcdFailure) || error.outcome === "not-done") throw error;
      return this.#settleClaim(holder, etcdLease, error);
    }
  }

  /**
   * The answer to a claim was lost. It is there under its own lease, or it is prevented from coming later by the end of
   * that lease.
   */
  async #settleClaim(holder: string, etcdLease: string, lost: EtcdFailure): Promise<Held | undefined> {
    const { leader } = await this.#replica.readCluster();
    if (leader?.value === holder && leader.lease === etcdLease) {
      const { createRevision } = leader;
      return { holder, term: createRevision + this.#termBase, createRevision, etcdLease };
    }
    await this.#unseat(etcdLease);
    throw lost;
  }

  /** The identity that makes the next term higher than `termFloor`, and whether it must be written. */
  #identityAbove(termFloor: number, revision: number, present: boolean): { record: Identity; put: boolean } {
    const before = this.#replica.mirror.identity;
    const record = before ?? { id: newInstanceId(), incarnation: 0, termBase: 0 };
    const { term } = this.#replica.mirror.state.leadership;
    const floor = Math.max(termFloor, term);
    if (revision + 1 + record.termBase > floor) return { record, put: !present };
    return { record: { ...record, termBase: floor }, put: true };
  }

  /** What holds a lease of the port's. Undefined: the store says that its term is over. */
  async #find(lease: Lease): Promise<Held | undefined> {
    if (this.#isOver(lease)) return undefined;
    const own = this.#own;
    if (own?.term === lease.term && own.holder === lease.holder) return own;
    const { leader } = await this.#replica.readCluster();
    if (leader === undefined || this.#isOver(lease)) return undefined;
    const { createRevision, value, lease: etcdLease } = leader;
    if (createRevision + this.#termBase !== lease.term || value !== lease.holder) return undefined;
    this.#own = { ...lease, createRevision, etcdLease };
    return this.#own;
  }

  /** By what is known: the seat is free, or another's. */
  #isOver({ term, holder }: Lease): boolean {
    const { leadership } = this.#replica.mirror.state;
    return leadership.term > term || (leadership.term === term && leadership.holder !== holder);
  }

  #forget(held: Held): void {
    if (this.#own?.term === held.term) this.#own = undefined;
  }

  get #termBase(): number {
    return this.#replica.mirror.identity?.termBase ?? 0;
  }
}
