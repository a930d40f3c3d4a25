import type { RoutingTable, TableFrame, TableWorker } from "../protocol/routing-table.ts";

/** What a frame of a table stream changed. */
export type TableChange =
  /** Nothing, as it should be. */
  | { kind: "none" }
  /** Routes, settings and services may all be new; so may the workers. */
  | { kind: "full"; table: RoutingTable; workers: Map<string, TableWorker[]> }
  /** Workers only. */
  | { kind: "workers"; upserts: TableWorker[]; removals: { service: string; id: string }[] }
  /** The stream must be left: it is behind, or its frames do not fit together. */
  | { kind: "refused"; reason: string };

/**
 * The routing table as one proxy has it, put together from the streams of one controller after the other.
 * Invariants: (term, revision) never goes back; an unsettled table adds and removes nothing.
 */
export class TableView {
  #term = 0;
  #revision = 0;
  #sequence = -1;
  #settled = false;
  /** What this proxy goes by. */
  #workers = new Map<string, TableWorker>();
  /** What the stream has told; the same as `#workers` once it is settled. */
  #told = new Map<string, TableWorker>();
  #table: RoutingTable | undefined;

  get term(): number {
    return this.#term;
  }

  get revision(): number {
    return this.#revision;
  }

  /** A new stream begins: it must open with a full table. */
  beginStream(): void {
    this.#sequence = -1;
  }

  accept(frame: TableFrame): TableChange {
    switch (frame.kind) {
      case "full":
        return this.#full(frame.table);
      case "delta":
        return this.#delta(frame);
      case "alive":
        return this.#alive(frame);
    }
  }

  #full(table: RoutingTable): TableChange {
    const old = table.term < this.#term || (table.term === this.#term && table.revision < this.#revision);
    if (old) {
      return {
        kind: "refused",
        reason: `its table (term ${table.term}, revision ${table.revision}) is older than (${this.#term}, ${this.#revision})`,
      };
    }
    this.#term = table.term;
    this.#revision = table.revision;
    this.#sequence = table.sequence;
    this.#settled = table.settled;
    this.#table = table;
    this.#told = new Map(table.workers.map((row) => [keyOf(row), row]));
    if (table.settled) this.#workers = this.#told;
    else this.#add(table.workers);
    return this.#whole(table);
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
    for (const row of frame.upserts) this.#told.set(keyOf(row), row);
    for (const removal of frame.removals) this.#told.delete(keyOf(removal));
    if (settles && this.#table !== undefined) {
      this.#workers = this.#told;
      return this.#whole(this.#table);
    }
    if (this.#settled) return { kind: "workers", upserts: frame.upserts, removals: frame.removals };
    return { kind: "workers", upserts: this.#add(frame.upserts), removals: [] };
  }

  #alive(frame: TableFrame & { kind: "alive" }): TableChange {
    if (frame.term < this.#term) return { kind: "refused", reason: `term ${frame.term} is over` };
    if (frame.sequence !== this.#sequence) {
      return { kind: "refused", reason: `sequence ${frame.sequence} is not ${this.#sequence}` };
    }
    this.#term = frame.term;
    return { kind: "none" };
  }

  /** From an unsettled table: what it adds. That it does not know of a worker's life yet is no news. */
  #add(rows: readonly TableWorker[]): TableWorker[] {
    const added: TableWorker[] = [];
    for (const row of rows) {
      const known = this.#workers.get(keyOf(row));
      const worse = row.state.kind === "suspect" && row.state.strength === "soft";
      if (known !== undefined && known.generation >= row.generation && worse) continue;
      this.#workers.set(keyOf(row), row);
      added.push(row);
    }
    return added;
  }

  #whole(table: RoutingTable): TableChange {
    const workers = new Map<string, TableWorker[]>();
    for (const name of Object.keys(table.services)) workers.set(name, []);
    for (const row of this.#workers.values()) {
      const rows = workers.get(row.service);
      if (rows === undefined) workers.set(row.service, [row]);
      else rows.push(row);
    }
    return { kind: "full", table, workers };
  }
}

function keyOf(row: { service: string; id: string }): string {
  return `${row.service}\n${row.id}`;
}
