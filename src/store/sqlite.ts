import type { TrafficConfiguration } from "../protocol/configuration.ts";
import { SkeinError } from "../protocol/error.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { configurationText, outcomeOf } from "./changes.ts";
import { Busy, type Durability, SqliteDatabase } from "./sqlite-database.ts";
import { createIfMissing, keepLog } from "./sqlite-create.ts";
import { checkFormat, checkPages, type ClusterRow, SqliteRecords } from "./sqlite-records.ts";
import { type OperatorsWords, wordsIn, wordsText } from "./sqlite-words.ts";
import {
  eventsKept,
  type LeadershipMark,
  type Lease,
  nothingHeld,
  type Store,
  StoreCorrupt,
  type StoreChange,
  type StoreCondition,
  type StoredConfiguration,
  type StoreState,
  type StoreWatcher,
  type WriteOutcome,
} from "./store.ts";

export interface SqliteStoreOptions {
  file: string;
  clock: Clock;
  random: Random;
  /** How often to look for changes by others. Lower: news sooner; each look takes about 5 microseconds. */
  pollMs?: number;
  /** How long to try again while another process has the lock. */
  busyMs?: number;
  /** The term of a file that is made anew: above all that anybody has seen. */
  termFloor?: number;
}

interface Opened {
  database: SqliteDatabase;
  records: SqliteRecords;
}

/**
 * The driver `sqlite`: the controllers of one host share one file (WAL). Known limit: a process that is stopped
 * (SIGSTOP) inside its transaction, a window of some 100 microseconds, keeps the lock; readers go on, writers fail
 * with `storeFailed` until the supervisor replaces the stopped one.
 */
export class SqliteStore implements Store {
  readonly silence = { judge: "standby" } as const;
  #condition: StoreCondition = { kind: "sound" };
  readonly #options: Required<SqliteStoreOptions>;
  readonly #watchers = new Set<StoreWatcher>();
  #opened: Opened | undefined;
  #poll: Timer | undefined;
  #dataVersion = 0;
  #lastKnown: StoreState | undefined;
  /** What the last read found, to give the same objects again. */
  #known: {
    configuration: StoredConfiguration | undefined;
    words: OperatorsWords;
    revision: number;
  } = {
    configuration: undefined,
    words: { overrides: [], tokens: [] },
    revision: 0,
  };

  constructor(options: SqliteStoreOptions) {
    this.#options = { pollMs: 50, busyMs: 1000, termFloor: 0, ...options };
  }

  async open(): Promise<void> {
    const { file, termFloor } = this.#options;
    await this.#patiently(() => createIfMissing(file, termFloor));
    const database = new SqliteDatabase(file);
    try {
      await this.#patiently(() => this.#check(database));
      await this.#patiently(() => keepLog(database));
      this.#opened = { database, records: new SqliteRecords(database) };
      await this.read();
      await this.#patiently(() => this.#checkEvents());
    } catch (error) {
      this.#opened = undefined;
      database.close();
      throw error;
    }
  }

  readonly presence = undefined;

  /** As the last attempt to write found it: what is read may lie in the memory of the system. */
  get condition(): StoreCondition {
    return this.#condition;
  }

  get place(): string {
    return this.#options.file;
  }

  get lastKnown(): StoreState | undefined {
    return this.#lastKnown;
  }

  async read(): Promise<StoreState> {
    return this.#transaction("read", (records) => this.#state(records));
  }

  async acquire(holder: string, seen: LeadershipMark, termFloor: number): Promise<number | undefined> {
    const term = await this.#transaction("data", (records) => {
      const row = records.cluster();
      if (row.term !== seen.term || row.beat !== seen.beat) return undefined;
      const next = Math.max(row.term, termFloor) + 1;
      records.putCluster({ ...row, holder, term: next, beat: 0 });
      return next;
    });
    this.#look(true);
    return term;
  }

  async beat(lease: Lease): Promise<WriteOutcome> {
    return this.#leading(lease, "data", (records, row) => {
      records.putCluster({ ...row, beat: row.beat + 1 });
    });
  }

  async resign(lease: Lease): Promise<WriteOutcome> {
    return this.#leading(lease, "data", (records, row) => {
      records.putCluster({ ...row, holder: null, beat: row.beat + 1 });
    });
  }

  async write(lease: Lease, changes: readonly StoreChange[]): Promise<WriteOutcome> {
    const durability = changes.some((change) => change.kind !== "event") ? "operator" : "data";
    return this.#leading(lease, durability, (records, row) => {
      const after = { ...row };
      const before = this.#state(records);
      const outcome = outcomeOf(before, changes);
      if (outcome.configuration !== undefined) {
        const { digest, traffic } = outcome.configuration;
        after.configuration += 1;
        const body = `{"digest":${JSON.stringify(digest)},"traffic":${configurationText(traffic)}}`;
        records.putDocument("configuration", after.configuration, body);
      }
      if (outcome.overrides !== undefined || outcome.tokens !== undefined) {
        after.overrides += 1;
        const { overrides = before.overrides, tokens = before.tokens } = outcome;
        records.putDocument("overrides", after.overrides, wordsText({ overrides, tokens }));
      }
      if (outcome.events.length > 0) {
        let id = records.eventIds().lastId;
        for (const event of outcome.events) {
          id += 1;
          records.putEvent(id, JSON.stringify({ ...event, id, term: lease.term }));
        }
        records.forgetEventsUpTo(id - eventsKept);
      }
      if (after.configuration !== row.configuration || after.overrides !== row.overrides) {
        records.putCluster(after);
      }
    });
  }

  async events(afterId: number, limit: number): Promise<ClusterEvent[]> {
    const texts = await this.#transaction("read", (records) => records.eventTexts(afterId, limit));
    return texts.map((text) => JSON.parse(text.body) as ClusterEvent);
  }

  watch(watcher: StoreWatcher): () => void {
    this.#usable();
    const own: StoreWatcher = {
      changed: (state) => watcher.changed(state),
      failed: (error) => watcher.failed(error),
    };
    this.#watchers.add(own);
    this.#poll ??= this.#options.clock.every(this.#options.pollMs, () => this.#look(false));
    return () => this.#watchers.delete(own);
  }

  async decide(): Promise<void> {
    throw new SkeinError("invalid", nothingHeld);
  }

  async close(): Promise<void> {
    this.#poll?.cancel();
    this.#watchers.clear();
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.database.close();
  }

  #check(database: SqliteDatabase): void {
    database.transaction("read", () => {
      checkFormat(database);
      checkPages(database);
    });
  }

  #checkEvents(): void {
    const { database, records } = this.#usable();
    database.transaction("read", () => records.eventTexts(0, eventsKept));
  }

  #state(records: SqliteRecords): StoreState {
    const row = records.cluster();
    this.#checkProgress(row);
    const { overrides, tokens } = this.#words(records, row);
    if ((this.#known.configuration?.revision ?? 0) !== row.configuration) {
      this.#known.configuration = readConfiguration(records, row.configuration);
    }
    this.#lastKnown = {
      configuration: this.#known.configuration,
      overrides,
      tokens,
      leadership: { holder: row.holder, term: row.term, beat: row.beat },
      events: records.eventIds(),
    };
    return this.#lastKnown;
  }

  /** A mark only grows. Where it did not, somebody wrote a backup over the file: who went on would wait for marks that are gone. */
  #checkProgress({ term, beat }: LeadershipMark): void {
    const known = this.#lastKnown?.leadership;
    if (known === undefined || term > known.term || (term === known.term && beat >= known.beat)) return;
    throw new StoreCorrupt(this.#options.file, "was set back to an older state", { sound: true });
  }

  #words(records: SqliteRecords, row: ClusterRow): OperatorsWords {
    if (this.#known.revision !== row.overrides) {
      const text = row.overrides === 0 ? "[]" : records.document("overrides", row.overrides);
      this.#known.words = wordsIn(text, this.#known.words);
      this.#known.revision = row.overrides;
    }
    return this.#known.words;
  }

  async #leading(
    lease: Lease,
    durability: Durability,
    change: (records: SqliteRecords, row: ClusterRow) => void,
  ): Promise<WriteOutcome> {
    const outcome = await this.#transaction<WriteOutcome>(durability, (records) => {
      const row = records.cluster();
      if (row.holder !== lease.holder || row.term !== lease.term) return "stale-term";
      change(records, row);
      return "ok";
    });
    this.#look(true);
    return outcome;
  }

  /** Tells the watchers when there is something new. `forced`: this handle wrote, which data_version does not show. */
  #look(forced: boolean): void {
    if (this.#opened === undefined || this.#watchers.size === 0) return;
    const { database, records } = this.#opened;
    try {
      const version = database.attempt(() => records.dataVersion());
      // Another process could write: what a standby was once refused does not stay an alarm.
      if (!forced && version !== this.#dataVersion) this.#condition = { kind: "sound" };
      if (!forced && version === this.#dataVersion) return;
      const state = database.transaction("read", () => this.#state(records));
      this.#dataVersion = version;
      for (const watcher of this.#watchers) watcher.changed(state);
    } catch (error) {
      // Busy: somebody recovers the file at this moment; the next look is near.
      if (error instanceof Busy || !(error instanceof Error)) return;
      for (const watcher of this.#watchers) watcher.failed(error);
    }
  }

  async #transaction<T>(kind: "read" | Durability, body: (records: SqliteRecords) => T): Promise<T> {
    const attempt = this.#patiently(() => {
      const { database, records } = this.#usable();
      return database.transaction(kind, () => body(records));
    });
    if (kind === "read") return attempt;
    try {
      const done = await attempt;
      this.#condition = { kind: "sound" };
      return done;
    } catch (error) {
      if (error instanceof SkeinError) this.#condition = { kind: "failing", what: error.detail };
      throw error;
    }
  }

  /** Tries again while another process has the lock, without blocking this one. */
  async #patiently<T>(attempt: () => T): Promise<T> {
    const { clock, random, busyMs, file } = this.#options;
    const startedAt = clock.now();
    for (let tries = 1; ; tries += 1) {
      try {
        return attempt();
      } catch (error) {
        if (!(error instanceof Busy)) throw error;
        if (clock.now() - startedAt > busyMs) {
          throw new SkeinError(
            "storeFailed",
            `${file}: another process has kept it locked for ${busyMs} ms. A stopped controller may be the ` +
              `cause: it is replaced after a while`,
            { cause: error },
          );
        }
        const waitMs = (0.5 + random()) * Math.min(tries, 8);
        await new Promise<void>((resolve) => {
          clock.after(waitMs, resolve);
        });
      }
    }
  }

  #usable(): Opened {
    if (this.#opened === undefined) throw new SkeinError("storeFailed", "the store is not open");
    return this.#opened;
  }
}

function readConfiguration(records: SqliteRecords, revision: number): StoredConfiguration | undefined {
  if (revision === 0) return undefined;
  const text = records.document("configuration", revision);
  const { digest, traffic } = JSON.parse(text) as { digest: string; traffic: TrafficConfiguration };
  return { revision, digest, traffic };
}
