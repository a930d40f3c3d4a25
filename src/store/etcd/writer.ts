import { SkeinError } from "../../protocol/error.ts";
import type { Clock } from "../../runtime/clock.ts";
import { newInstanceId } from "../../runtime/random.ts";
import type { Lease, StoreChange, WriteOutcome } from "../store.ts";
import { type Batch, batchOf } from "./batch.ts";
import type { Carrier } from "./carrier.ts";
import type { Replica } from "./replica.ts";
import type { Seat } from "./seat.ts";
import type { Attempt, Verdict } from "./verdict.ts";

/** How long a write waits for others to share its transaction. */
const batchMs = 20;
/** A head that is not the one expected: read anew, and tried again. */
const catchUpsMax = 3;

interface Waiting {
  lease: Lease;
  changes: readonly StoreChange[];
  resolve: (outcome: WriteOutcome) => void;
  reject: (error: Error) => void;
}

export interface WriterOptions {
  replica: Replica;
  seat: Seat;
  carrier: Carrier;
  clock: Clock;
  /** Reads everything anew. */
  catchUp: () => Promise<void>;
  /** Writes anew what others have damaged. */
  mend: (lease: Lease) => Promise<WriteOutcome>;
}

/** The leader's writes: gathered for a moment, then one transaction after the other. */
export class Writer {
  readonly #options: WriterOptions;
  #queue: Waiting[] = [];
  #busy = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  write(lease: Lease, changes: readonly StoreChange[]): Promise<WriteOutcome> {
    return new Promise((resolve, reject) => {
      // A copy: what the caller does to its objects until this is sent must not be written.
      const copy = JSON.parse(JSON.stringify(changes)) as StoreChange[];
      this.#queue.push({ lease, changes: copy, resolve, reject });
      if (!this.#busy) this.#begin();
    });
  }

  /** Whoever still waits is told that nothing was done. */
  close(): void {
    for (const { reject } of this.#queue.splice(0)) {
      reject(new SkeinError("storeFailed", "the store is closed"));
    }
  }

  #begin(): void {
    this.#busy = true;
    this.#options.clock.after(batchMs, () => void this.#drain());
  }

  async #drain(): Promise<void> {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const { lease } = first;
      const other = this.#queue.findIndex((one) => !isSame(one.lease, lease));
      await this.#next(lease, other === -1 ? [...this.#queue] : this.#queue.slice(0, other));
    }
    this.#busy = false;
  }

  /** One transaction, for as many of the group as it can hold. All of them are answered, and leave the queue. */
  async #next(lease: Lease, group: readonly Waiting[]): Promise<void> {
    const { replica, catchUp, mend } = this.#options;
    let taken = group.slice(0, 1);
    try {
      replica.usable();
      if (replica.mirror.view.kind === "broken" && (await mend(lease)) === "stale-term") {
        return this.#answer(taken, new Map(), "stale-term");
      }
      let prepared = this.#prepare(lease, group);
      taken = group.slice(0, prepared.batch.answered);
      let verdict = await this.#carry(prepared);
      for (let round = 0; verdict === "behind" && round < catchUpsMax; round += 1) {
        await catchUp();
        prepared = this.#prepare(lease, taken);
        // Over what was read anew fewer may fit: what was refused before takes room now.
        taken = taken.slice(0, prepared.batch.answered);
        verdict = await this.#carry(prepared);
      }
      if (verdict === "behind") {
        throw new SkeinError("storeFailed", "somebody else changes the records in etcd all the time");
      }
      this.#answer(taken, prepared.batch.refused, verdict === "done" ? "ok" : "stale-term");
    } catch (error) {
      this.#reject(taken, error);
    }
  }

  #prepare(lease: Lease, group: readonly Waiting[]): Prepared {
    const { replica, seat } = this.#options;
    const { mirror, keys } = replica;
    const { view, state, head, cluster } = mirror;
    if (view.kind !== "whole") throw new SkeinError("storeFailed", view.what);
    const write = newInstanceId();
    const batch = batchOf(
      group.map(({ changes }) => changes),
      { keys, content: state, head },
      lease.term,
      write,
    );
    const change = {
      write,
      headRevision: cluster.head?.modRevision ?? 0,
      identityRevision: cluster.identity?.modRevision ?? 0,
    };
    const leader = seat.recordOf(lease);
    return { batch, attempt: { leader, change: batch.operations.length === 0 ? undefined : change } };
  }

  async #carry({ batch, attempt }: Prepared): Promise<Verdict> {
    const { carrier } = this.#options;
    for (const operation of batch.ready) {
      const verdict = await carrier.carryOut(attempt, [operation]);
      if (verdict !== "done") return verdict;
    }
    return carrier.carryOut(attempt, batch.operations);
  }

  #answer(taken: readonly Waiting[], refused: Batch["refused"], outcome: WriteOutcome): void {
    this.#queue.splice(0, taken.length);
    for (const [place, { resolve, reject }] of taken.entries()) {
      const reason = refused.get(place);
      if (reason === undefined) resolve(outcome);
      else reject(reason);
    }
  }

  #reject(taken: readonly Waiting[], error: unknown): void {
    this.#queue.splice(0, taken.length);
    const reason = error instanceof Error ? error : new SkeinError("storeFailed", String(error));
    for (const { reject } of taken) reject(reason);
  }
}

interface Prepared {
  batch: Batch;
  attempt: Omit<Attempt, "doubtful">;
}

function isSame(one: Lease, other: Lease): boolean {
  return one.term === other.term && one.holder === other.holder;
}
