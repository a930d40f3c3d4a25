import type { ClusterEvent } from "../protocol/events.ts";
import type { Clock } from "../runtime/clock.ts";
import { eventsKept, isOutcomeUnknown, type Lease, type NewEvent, type Store } from "../store/store.ts";
import { KnownLives } from "./known-lives.ts";

const batchMs = 20;
/** After a batch of so many, what a crowd does is written less often: each batch is a transaction of the store. */
const crowdBatch = 10;
const crowdBatchMs = 250;
const retryMs = 100;
const batchMax = 500;
const queueMax = 5_000;
/** What a standby saw lately, should it have to write it in the leader's place. */
const rememberedMax = 500;
/** Of the leader's last events, so many may have been written just before we saw the same. */
const overlap = 20;
/** Controllers see the same at moments of their own, each by its checks and its clock. */
const sameWithinMs = 5_000;
/** The leader's batch was written at the latest so long after it had seen something. */
const slackMs = 100;

/** Nobody has led since this controller did. */
export const nobodySince = Number.NEGATIVE_INFINITY;

export interface EventLogPorts {
  store: Pick<Store, "write" | "events">;
  clock: Clock;
  lease(): Lease | undefined;
  lastEventId(): number;
  staleTerm(term: number): void;
  failed(error: Error): void;
}

interface Seen {
  event: NewEvent;
  /** See `KnownLives`. */
  found: boolean;
  at: number;
  /** The newest event of the store that was known then. */
  lastId: number;
  /** It may have been written, with an id above this one: what became of its write is not known. */
  maybeAfter?: number;
}

/**
 * Writes events to the store while this controller leads, in batches. What a standby sees the leader sees as well:
 * it is only remembered, for the case that the leader dies before it has written it. A leader that doubts itself remembers
 * likewise: it may be that nobody else leads meanwhile.
 */
export class EventLog {
  readonly #ports: EventLogPorts;
  #queue: Seen[] = [];
  #remembered: Seen[] = [];
  #scheduled = false;
  #batchMs = batchMs;
  /** One after another: a batch may have to read the log first. */
  #flushing = Promise.resolve();
  #lives: KnownLives;

  constructor(ports: EventLogPorts) {
    this.#ports = ports;
    this.#lives = new KnownLives(ports.store);
  }

  add({ found = false, ...event }: Omit<NewEvent, "at"> & { found?: boolean }): void {
    const { clock } = this.#ports;
    const timed: NewEvent = { at: clock.wallTime(), ...event };
    const seen: Seen = { event: timed, found, at: clock.now(), lastId: this.#ports.lastEventId() };
    if (this.#ports.lease() === undefined) {
      if (this.#remembered.length >= rememberedMax) this.#remembered.shift();
      this.#remembered.push(seen);
      return;
    }
    // A store that fails for long costs the oldest events, not memory without end.
    if (this.#queue.length >= queueMax) this.#queue.shift();
    this.#queue.push(seen);
    this.#soon(this.#batchMs);
  }

  /** This controller leads from now on; of the leader before it nothing was heard since `heardAt`. */
  async takeOver(heardAt: number): Promise<void> {
    // Others have written meanwhile, maybe into another store.
    this.#lives = new KnownLives(this.#ports.store);
    if (heardAt === nobodySince) return this.resume();
    await this.#writeMissed(this.#remembered.splice(0).filter(({ at }) => at >= heardAt - slackMs));
  }

  /** This controller goes on to lead, as in the term that it led before: nobody else has written anything. */
  resume(): void {
    this.#queue.unshift(...this.#remembered.splice(0));
    this.#soon(0);
  }

  /** Resolves when what was added is written, or cannot be. */
  async flush(): Promise<void> {
    const flushOnce = async (): Promise<void> => this.#flushOnce();
    // Whatever became of the one before.
    this.#flushing = this.#flushing.then(flushOnce, flushOnce);
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    const lease = this.#ports.lease();
    if (lease === undefined) {
      this.#rememberBefore(this.#queue.splice(0));
      return;
    }
    let batch: readonly Seen[] = this.#queue.splice(0, batchMax);
    const lastId = this.#ports.lastEventId();
    this.#batchMs = batch.length >= crowdBatch ? crowdBatchMs : batchMs;
    if (batch.length === 0) return;
    try {
      batch = await this.#unwritten(batch);
      const changes = (await this.#lives.newsAmong(batch)).map(({ event }) => ({
        kind: "event" as const,
        event,
      }));
      const outcome = changes.length === 0 ? "ok" : await this.#ports.store.write(lease, changes);
      if (outcome === "stale-term") {
        this.#rememberBefore(batch);
        this.#ports.staleTerm(lease.term);
      }
      if (this.#queue.length > 0) this.#soon(0);
    } catch (error) {
      const again = isOutcomeUnknown(error) ? batch.map((seen) => ({ maybeAfter: lastId, ...seen })) : batch;
      this.#queue.unshift(...again);
      this.#failed(error);
      this.#soon(retryMs);
    }
  }

  /** Without those that a write of which nobody knows has brought into the store. */
  async #unwritten(batch: readonly Seen[]): Promise<readonly Seen[]> {
    const doubtful = batch.map(({ maybeAfter }) => maybeAfter).filter((id) => id !== undefined);
    if (doubtful.length === 0) return batch;
    const written = await this.#ports.store.events(Math.min(...doubtful), eventsKept);
    return withoutWritten(
      batch,
      written,
      ({ event, maybeAfter }, one) => maybeAfter !== undefined && isIt(one, event),
    );
  }

  /** What the leader before did not write, as far as the store shows. */
  async #writeMissed(missed: readonly Seen[]): Promise<void> {
    const [first] = missed;
    if (first === undefined) return;
    try {
      const written = await this.#ports.store.events(Math.max(0, first.lastId - overlap), eventsKept);
      const lost = withoutWritten(
        missed,
        written,
        ({ event, lastId }, one) => one.id > lastId - overlap && isSame(one, event),
      );
      this.#queue.unshift(...lost);
      this.#soon(0);
    } catch (error) {
      this.#failed(error);
      this.#ports.clock.after(retryMs, () => {
        if (this.#ports.lease() === undefined) this.#rememberBefore(missed);
        else void this.#writeMissed(missed);
      });
    }
  }

  /** They are older than what is remembered. */
  #rememberBefore(older: readonly Seen[]): void {
    this.#remembered = [...older, ...this.#remembered].slice(-rememberedMax);
  }

  #failed(error: unknown): void {
    this.#ports.failed(error instanceof Error ? error : new Error(String(error)));
  }

  #soon(ms: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#ports.clock.after(ms, () => {
      this.#scheduled = false;
      void this.flush();
    });
  }
}

/** One that was written stands for one that was seen: a worker that comes and goes does the same again and again. */
function withoutWritten(
  seen: readonly Seen[],
  written: readonly ClusterEvent[],
  stands: (each: Seen, one: ClusterEvent) => boolean,
): Seen[] {
  const unmatched = [...written];
  return seen.filter((each) => {
    const at = unmatched.findIndex((one) => stands(each, one));
    if (at !== -1) unmatched.splice(at, 1);
    return at === -1;
  });
}

/** Not only the same as another controller saw it. */
function isIt(one: NewEvent, other: NewEvent): boolean {
  return one.at === other.at && one.message === other.message && isSame(one, other);
}

function isSame(one: NewEvent, other: NewEvent): boolean {
  return (
    one.kind === other.kind &&
    one.service === other.service &&
    one.worker === other.worker &&
    Math.abs(Date.parse(one.at) - Date.parse(other.at)) <= sameWithinMs &&
    one.data?.["generation"] === other.data?.["generation"]
  );
}
