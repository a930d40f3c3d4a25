import type { ProxySettings, Route, Service } from "../protocol/configuration.ts";
import type { RoutingTable, TableFrame, TableWorker, WorkerKey } from "../protocol/routing-table.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Entry, keyOf } from "./entry.ts";
import { framesOfTable, partsOfChanges } from "./table-frames.ts";
import { frameWithoutLinks, sameTableWorker, tableWorkerOf } from "./table.ts";

/** What changes in one turn goes out in frames of at most so many workers each. */
const changesMax = 250;

/** What is the same for all workers of a table. */
export interface TableHead {
  revision: number;
  routes: Route[];
  services: Record<string, Service>;
  proxy: ProxySettings;
}

export interface TableReader {
  /** May open links to the workers, and so learns their keys. Others get the rows without `link`. */
  readonly opensLinks: boolean;
  /** Takes at most so many workers, or routes, in one frame; unset: a whole table in one. */
  readonly rowsMax?: number | undefined;
  /** One line of NDJSON, without its end. */
  frame(line: string): void;
}

export interface PublisherPorts {
  controller: string;
  clock: Clock;
  entries(): Iterable<Entry>;
  term(): number;
  settled(): boolean;
}

/**
 * Makes one sequence of tables out of the registry's changes, and tells it to every reader: the whole table first,
 * then what changed. All changes of one turn of the event loop are one frame.
 */
export class Publisher {
  readonly #ports: PublisherPorts;
  readonly #readers = new Set<TableReader>();
  readonly #listeners = new Set<(frame: TableFrame) => void>();
  #touched = new Set<Entry>();
  #removed: WorkerKey[] = [];
  #head: TableHead | undefined;
  #sequence = 0;
  #flushing = false;
  #whole = false;
  #sentTerm = 0;
  #sentSettled = false;

  constructor(ports: PublisherPorts) {
    this.#ports = ports;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Undefined until there is a configuration. */
  table(): RoutingTable | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    this.#flush();
    const now = this.#ports.clock.now();
    const workers: TableWorker[] = [];
    for (const entry of this.#ports.entries()) {
      const worker = tableWorkerOf(entry.worker, entry.weight, now);
      if (worker !== undefined) workers.push(worker);
    }
    return {
      v: 1,
      controller: this.#ports.controller,
      sequence: this.#sequence,
      term: this.#ports.term(),
      settled: this.#ports.settled(),
      ...head,
      workers,
    };
  }

  /** The reader gets the whole table at once (or as soon as there is one), then every change. */
  subscribe(reader: TableReader): () => void {
    const table = this.table();
    if (table !== undefined) this.#sendWhole(table, [reader]);
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** The same for a listener in this process: a table is always one frame, with the links. */
  listen(take: (frame: TableFrame) => void): () => void {
    const table = this.table();
    if (table !== undefined) take({ kind: "full", table });
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  /** A new frame for everyone: configuration or routes changed. */
  replaceHead(head: TableHead): void {
    this.#head = head;
    this.#whole = true;
    this.#soon();
  }

  touch(entry: Entry): void {
    this.#touched.add(entry);
    this.#soon();
  }

  remove(entry: Entry): void {
    this.#touched.delete(entry);
    if (entry.published === undefined) return;
    this.#removed.push({ service: entry.published.service, id: entry.published.id });
    entry.published = undefined;
    this.#soon();
  }

  /** Term or settledness may have changed. */
  touchIdentity(): void {
    this.#soon();
  }

  /** Tells the readers that this stream lives, and that its last table is in force: before the first there is none. */
  alive(): void {
    if (this.#sequence === 0) return;
    this.#tell({ kind: "alive", sequence: this.#sequence, term: this.#ports.term() });
  }

  #soon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#ports.clock.afterPendingInput(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const upserts: TableWorker[] = [];
    const confirmed: (() => void)[] = [];
    const now = this.#ports.clock.now();
    for (const entry of this.#touched) {
      const worker = tableWorkerOf(entry.worker, entry.weight, now);
      if (worker === undefined) this.#drop(entry);
      else if (!sameTableWorker(entry.published, worker)) upserts.push(worker);
      entry.published = worker;
      if (entry.onDraining !== undefined && worker?.state.kind !== "live") {
        confirmed.push(entry.onDraining);
        entry.onDraining = undefined;
      }
    }
    this.#touched = new Set();
    const removals = this.#removed;
    this.#removed = [];
    if (this.#head !== undefined) this.#send(upserts, removals);
    for (const confirm of confirmed) confirm();
  }

  #drop(entry: Entry): void {
    if (entry.published === undefined) return;
    this.#removed.push({ service: entry.published.service, id: entry.published.id });
  }

  #send(upserts: readonly TableWorker[], removals: readonly WorkerKey[]): void {
    const term = this.#ports.term();
    const settled = this.#ports.settled();
    const identity = term !== this.#sentTerm || settled !== this.#sentSettled;
    if (upserts.length === 0 && removals.length === 0 && !identity && !this.#whole) return;
    this.#sentTerm = term;
    this.#sentSettled = settled;
    if (this.#whole) {
      this.#whole = false;
      this.#sequence += 1;
      const heard = this.#readers.size + this.#listeners.size > 0;
      const table = heard ? this.table() : undefined;
      if (table === undefined) return;
      this.#sendWhole(table, this.#readers);
      for (const take of this.#listeners) take({ kind: "full", table });
      return;
    }
    const back = new Set(upserts.map((one) => keyOf(one.service, one.id)));
    const gone = removals.filter((one) => !back.has(keyOf(one.service, one.id)));
    for (const part of partsOfChanges(upserts, gone, changesMax)) {
      this.#sequence += 1;
      this.#tell({ kind: "delta", sequence: this.#sequence, term, settled, ...part });
    }
  }

  #tell(frame: TableFrame): void {
    tell(this.#readers, frame);
    for (const take of this.#listeners) take(frame);
  }

  #sendWhole(table: RoutingTable, readers: Iterable<TableReader>): void {
    const written = new Map<string, string[]>();
    for (const reader of readers) {
      const { opensLinks, rowsMax = Infinity } = reader;
      const kind = `${opensLinks} ${rowsMax}`;
      const frames = (): string[] =>
        framesOfTable(table, rowsMax).map((frame) =>
          JSON.stringify(opensLinks ? frame : frameWithoutLinks(frame)),
        );
      const lines = written.get(kind) ?? frames();
      written.set(kind, lines);
      for (const line of lines) reader.frame(line);
    }
  }
}

/** The text of a frame is made once for all readers that may see the same of it. */
function tell(readers: Iterable<TableReader>, frame: TableFrame): void {
  let withLinks: string | undefined;
  let withoutLinks: string | undefined;
  for (const reader of readers) {
    if (reader.opensLinks) reader.frame((withLinks ??= JSON.stringify(frame)));
    else reader.frame((withoutLinks ??= JSON.stringify(frameWithoutLinks(frame))));
  }
}
