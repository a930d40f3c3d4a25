import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { RoutingTable, TableFrame, TableWorker, WorkerKey } from "../../protocol/routing-table.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { TableChange } from "./table-view.ts";

/** Longest time that what is known is not in the file yet. */
const writeAfterMs = 2_000;

/**
 * The last table in a file (0600), for a host without controllers that starts while none answers. With the keys of links where a
 * worker cannot be reached without, because it is spoken to encrypted or not at all: they last as long as its life, and open
 * nothing of before. What it says may be old: whoever is gone is found by evidence.
 */
export class TableCache {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #workers = new Map<string, TableWorker>();
  #head: Omit<RoutingTable, "workers"> | undefined;
  #writing: Timer | undefined;

  constructor(file: string, clock: Clock, logger: Logger) {
    this.#file = file;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The table that was written last, as a first frame. Undefined: there is none. */
  read(): TableFrame | undefined {
    try {
      const table = JSON.parse(readFileSync(this.#file, "utf8")) as RoutingTable;
      return table.v === 1 && Array.isArray(table.workers) ? { kind: "full", table } : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * What a frame changed for the proxy, which term is its highest, and whether it ever had a settled table. The file holds what
   * the proxy goes by, so that controllers that began anew empty it no more than that.
   */
  take(change: TableChange, { term, settled }: { term: number; settled: boolean }): void {
    if (change.kind === "none" || change.kind === "refused") return;
    this.#put(change.upserts);
    if (change.kind === "part") return;
    for (const key of change.removals) this.#workers.delete(keyOf(key));
    if (change.kind === "full") {
      const { workers: _told, ...head } = change.table;
      this.#head = head;
    }
    if (this.#head === undefined) return;
    this.#head = { ...this.#head, term, settled };
    this.#writing ??= this.#clock.after(writeAfterMs, () => this.write());
  }

  write(): void {
    this.#writing?.cancel();
    this.#writing = undefined;
    if (this.#head === undefined) return;
    const aside = `${this.#file}.${process.pid}`;
    try {
      writeFileSync(aside, JSON.stringify({ ...this.#head, workers: [...this.#workers.values()] }), {
        mode: 0o600,
      });
      renameSync(aside, this.#file);
    } catch (error) {
      this.#logger.warn({ error: String(error) }, "the routing table cannot be kept for the next start");
    }
  }

  #put(workers: readonly TableWorker[]): void {
    for (const worker of workers) {
      const { link, ...open } = worker;
      this.#workers.set(keyOf(worker), link?.sealed === true ? worker : open);
    }
  }
}

function keyOf({ service, id }: WorkerKey): string {
  return `${service}\n${id}`;
}
