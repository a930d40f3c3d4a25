import type { Route } from "../../protocol/configuration.ts";
import type { RoutingTable, TableFrame, TableWorker, WorkerKey } from "../../protocol/routing-table.ts";

/** What a frame of a table stream changed. */
export type TableChange =
  /** Nothing, as it should be. */
  | { kind: "none" }
  /** A part of a table: the workers count at once, and so do their services' settings. */
  | { kind: "part"; table: RoutingTable; upserts: TableWorker[] }
  /** The table is whole: routes, settings and services may all be new. */
  | { kind: "full"; table: RoutingTable; upserts: TableWorker[]; removals: WorkerKey[] }
  /** Workers only. */
  | { kind: "workers"; upserts: TableWorker[]; removals: WorkerKey[] }
  /** The stream must be left: it is behind, or its frames do not fit together. */
  | { kind: "refused"; reason: string };

/**
 * The routing table as one proxy has it, put together from the streams of one controller after the other.
 * Invariants: (term, revision) never goes back; an unsettled table adds and removes nothing; of a table in parts the
 * workers count as they come, everything else when it is whole.
 */
export class TableView {
  #term = 0;
  #revision = 0;
  /** -1: there is no whole table of this stream yet. */
  #sequence = -1;
  #settled = false;
  #everSettled = false;
  /** What this proxy goes by. */
  readonly #workers = new Map<string, TableWorker>();
  /** What the stream has told. */
  #told = new Map<string, TableWorker>();
  /** The table of which a part is still to come. */
  #gathered: { table: RoutingTable; routes: Route[] } | undefined;

  get term(): number {
    return this.#term;
  }

  get revision(): number {
    return this.#revision;
  }

  /** -1: see above. */
  get sequence(): number {
    return this.#sequence;
  }

  /** A settled table has been taken, from whichever controller. */
  get everSettled(): boolean {
    return this.#everSettled;
  }

  /** A new stream begins: it must open with a full table. */
  beginStream(): void {
    this.#sequence = -1;
    this.#gathered = undefined;
  }

  accept(frame: TableFrame): TableChange {
    switch (frame.kind) {
      case "full":
        return this.#full(frame.table, frame.more === true);
      case "more":
        return this.#more(frame);
      case "delta":
        return this.#delta(frame);
      case "alive":
        return this.#alive(frame);
    }
  }

  #full(table: RoutingTable, more: boolean): TableChange {
    const old = table.term < this.#term || (table.term === this.#term && table.revision < this.#revision);
    if (old) {
      return {
        kind: "refused",
        reason: `its table (term ${table.term}, revision ${table.revision}) is older than (${this.#term}, ${this.#revision})`,
      };
    }
    this.#term = table.term;
    this.#revision = table.revision;
    this.#settled = table.settled;
    this.#sequence = -1;
    this.#told = new Map();
    this.#gathered = { table, routes: [...table.routes] };
    return this.#gather(this.#gathered, table.workers, more);
  }

  #more({ routes, workers, more }: TableFrame & { kind: "more" }): TableChange {
    if (this.#gathered === undefined) return { kind: "refused", reason: "a part of no table" };
    this.#gathered.routes.push(...routes);
    return this.#gather(this.#gathered, workers, more);
  }

  #gather(
    { table, routes }: { table: RoutingTable; routes: Route[] },
    rows: readonly TableWorker[],
    more: boolean,
  ): TableChange {
    for (const row of rows) this.#told.set(keyOf(row), row);
    const upserts = this.#goBy(rows);
    if (more) return { kind: "part", table, upserts };
    this.#gathered = undefined;
    this.#sequence = table.sequence;
    this.#everSettled ||= this.#settled;
    return {
      kind: "full",
      table: { ...table, routes },
      upserts,
      removals: this.#settled ? this.#forgetUntold() : [],
    };
  }

  #delta(frame: TableFrame & { kind: "delta" }): TableChange {
    if (this.#sequence === -1 || frame.sequence !== this.#sequence + 1) {
      return { kind: "refused", reason: `delta ${frame.sequence} does not follow ${this.#sequence}` };
    }
    if (frame.term < this.#term) return { kind: "refused", reason: `term ${frame.term} is over` };
    this.#sequence = frame.sequence;
    this.#term = frame.term;
    const settles = frame.settled && !this.#settled;
    this.#settled = frame.settled;
    this.#everSettled ||= frame.settled;
    for (const row of frame.upserts) this.#told.set(keyOf(row), row);
    for (const removal of frame.removals) this.#told.delete(keyOf(removal));
    if (settles) {
      return { kind: "workers", upserts: this.#goBy(this.#told.values()), removals: this.#forgetUntold() };
    }
    const upserts = this.#goBy(frame.upserts);
    if (!this.#settled) return { kind: "workers", upserts, removals: [] };
    for (const removal of frame.removals) this.#workers.delete(keyOf(removal));
    return { kind: "workers", upserts, removals: frame.removals };
  }

  #alive(frame: TableFrame & { kind: "alive" }): TableChange {
    if (frame.term < this.#term) return { kind: "refused", reason: `term ${frame.term} is over` };
    if (frame.sequence !== this.#sequence) {
      return { kind: "refused", reason: `sequence ${frame.sequence} is not ${this.#sequence}` };
    }
    this.#term = frame.term;
    return { kind: "none" };
  }

  /**
   * Those of the rows that are news. An unsettled table only adds: that it does not know of a worker's life yet is no
   * news.
   */
  #goBy(rows: Iterable<TableWorker>): TableWorker[] {
    const news: TableWorker[] = [];
    for (const row of rows) {
      const key = keyOf(row);
      const known = this.#workers.get(key);
      const worse = row.state.kind === "suspect" && row.state.strength === "soft";
      if (known === row) continue;
      if (!this.#settled && known !== undefined && known.generation >= row.generation && worse) continue;
      this.#workers.set(key, row);
      news.push(row);
    }
    return news;
  }

  /** A settled table is the truth: whom it does not tell of is gone. */
  #forgetUntold(): WorkerKey[] {
    const gone: WorkerKey[] = [];
    for (const [key, { service, id }] of this.#workers) {
      if (this.#told.has(key)) continue;
      this.#workers.delete(key);
      gone.push({ service, id });
    }
    return gone;
  }
}

function keyOf(row: WorkerKey): string {
  return `${row.service}\n${row.id}`;
}
