import { SkeinError } from "../../protocol/error.ts";
import type { Clock } from "../../runtime/clock.ts";
import { isOutcomeUnknown } from "../store.ts";
import { EtcdFailure } from "./failure.ts";
import type { Cluster } from "./mirror.ts";
import type { Replica } from "./replica.ts";
import { type Attempt, comparisonsOf, type Verdict, verdictOn } from "./verdict.ts";
import type { Operation } from "./wire.ts";

/** From the first sending; then whoever asked is told that it failed. */
const withinMs = 5000;
const retryMs = 50;

/**
 * Carries a transaction out whose every try is conditional on the same ground. After a try whose outcome is not known the
 * records are looked at before anything is sent again: so it is done once, or not, and nobody is told otherwise.
 */
export class Carrier {
  readonly #replica: Replica;
  readonly #clock: Clock;

  constructor(replica: Replica, clock: Clock) {
    this.#replica = replica;
    this.#clock = clock;
  }

  /** Rejects with `outcomeUnknown` when what became of it cannot be found out, and else when it was not done. */
  async carryOut(
    attempt: Omit<Attempt, "doubtful">,
    operations: readonly Operation[],
  ): Promise<Extract<Verdict, "done" | "stale-term" | "behind">> {
    const startedAt = this.#clock.now();
    let doubtful = false;
    for (;;) {
      const tried = await this.#try(attempt, operations).catch((error: unknown) => {
        // An earlier try may have been done, whatever this one met with.
        throw doubtful ? lostTrack(error) : error;
      });
      if (tried === "done") return "done";
      doubtful ||= tried.failure?.outcome === "unknown";
      const found = tried.found ?? (await this.#look(startedAt, doubtful, tried.failure));
      const verdict = verdictOn({ ...attempt, doubtful }, found);
      if (verdict === "done") this.#replica.takeOwn(operations, found.head?.modRevision ?? 0);
      if (verdict === "unknowable") throw lostTrack(tried.failure);
      if (verdict !== "not-done") return verdict;
      // Compared in one transaction, and read in the same.
      if (tried.failure === undefined) throw new SkeinError("storeFailed", "etcd contradicts itself");
      await this.#pause(startedAt, doubtful, tried.failure);
    }
  }

  /** `found`: what the records said instead, in the same transaction. */
  async #try(
    attempt: Omit<Attempt, "doubtful">,
    operations: readonly Operation[],
  ): Promise<"done" | { found?: Cluster; failure?: EtcdFailure }> {
    const replica = this.#replica;
    replica.usable();
    const known = replica.known();
    try {
      const { header, succeeded, ranges } = await replica.api.transact({
        compare: comparisonsOf(attempt, replica.keys),
        success: operations,
        failure: [{ kind: "range", ...replica.keys.cluster }],
      });
      const found = succeeded ? undefined : replica.clusterIn(ranges[0]?.keyValues ?? []);
      checked(() => replica.check(known, header, true, found), succeeded && operations.length > 0);
      if (found === undefined) {
        if (operations.length > 0) replica.takeOwn(operations, header.revision ?? 0);
        return "done";
      }
      replica.takeSeat(found, header.revision ?? 0);
      return { found };
    } catch (error) {
      if (!(error instanceof EtcdFailure) || !error.elsewhere) throw error;
      return { failure: error };
    }
  }

  /** Reads the records, at one member or another. */
  async #look(startedAt: number, doubtful: boolean, failure: EtcdFailure | undefined): Promise<Cluster> {
    for (;;) {
      try {
        return await this.#replica.readCluster();
      } catch (error) {
        if (!(error instanceof EtcdFailure) || !error.elsewhere) throw doubtful ? lostTrack(error) : error;
        await this.#pause(startedAt, doubtful, failure ?? error);
      }
    }
  }

  async #pause(startedAt: number, doubtful: boolean, failure: EtcdFailure): Promise<void> {
    if (this.#clock.now() - startedAt > withinMs) throw doubtful ? lostTrack(failure) : failure;
    await new Promise<void>((resolve) => {
      this.#clock.after(retryMs, resolve);
    });
  }
}

/** `written`: the answer that is refused says that something was. */
function checked(check: () => void, written: boolean): void {
  try {
    check();
  } catch (error) {
    throw written ? lostTrack(error) : error;
  }
}

function lostTrack(cause: unknown): SkeinError {
  if (cause instanceof SkeinError && isOutcomeUnknown(cause)) return cause;
  const why = cause instanceof SkeinError ? ` (${cause.detail})` : "";
  return new SkeinError(
    "outcomeUnknown",
    `whether this was written is not known${why}. Look at what is in force before you try again`,
    { cause },
  );
}
