import type {
  RoutingTable,
  TableFrame,
  TableWorker,
  TableWorkerState,
} from "../../protocol/routing-table.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { Places } from "../../runtime/places.ts";
import { ControllerStreams } from "./controller-streams.ts";

/** A change of a worker in the table of one controller, and when it arrived here. */
export interface TableChange {
  at: number;
  controller: string;
  worker: string;
  /** Undefined: no longer in the table. */
  state: TableWorkerState | undefined;
}

/** What a controller last told. */
interface Told {
  workers: Map<string, TableWorker>;
  services: string[];
}

/**
 * Reads the routing tables of every controller of a host, as the proxies do: over the unix sockets, as a stream.
 * What it sees is what a proxy can know, and when.
 */
export class TableWatch {
  readonly #clock: Clock;
  readonly #told = new Map<string, Told>();
  readonly #changes: TableChange[] = [];
  readonly #streams: ControllerStreams;

  constructor(places: Places, clock: Clock = systemClock) {
    this.#clock = clock;
    const listener = {
      begins: (controller: string) => void this.#told.set(controller, { workers: new Map(), services: [] }),
      line: (controller: string, line: string) => this.#received(controller, line),
      ends: (controller: string) => void this.#told.delete(controller),
    };
    this.#streams = new ControllerStreams(places, { path: "/v1/routing-table?watch=1" }, listener, clock);
  }

  close(): void {
    this.#streams.close();
    this.#told.clear();
  }

  /** Controllers whose table is here. */
  get controllers(): string[] {
    return [...this.#told].filter(([, told]) => told.services.length > 0).map(([name]) => name);
  }

  /** State of a worker in each controller's table; undefined where it is not in it. */
  statesOf(worker: string): (TableWorkerState | undefined)[] {
    return this.controllers.map((name) => this.#told.get(name)?.workers.get(worker)?.state);
  }

  /** True when every attached controller (at least `controllers` of them) lists exactly these workers as live. */
  allLive(workers: readonly string[], controllers: number): boolean {
    const names = this.controllers;
    if (names.length < controllers) return false;
    return workers.every((worker) => this.statesOf(worker).every((state) => state?.kind === "live"));
  }

  /** Workers that are live in this controller's table. */
  liveIn(controller: string): number {
    const workers = this.#told.get(controller)?.workers.values() ?? [];
    let live = 0;
    for (const worker of workers) if (worker.state.kind === "live") live += 1;
    return live;
  }

  /** When this worker became live in some controller's table, not before `at`; undefined: it did not yet. */
  liveSince(worker: string, at: number): number | undefined {
    const found = this.#changes.findLast((change) => change.worker === worker && change.at >= at);
    return found?.state?.kind === "live" ? found.at : undefined;
  }

  changesSince(at: number): TableChange[] {
    return this.#changes.filter((change) => change.at >= at);
  }

  #received(controller: string, line: string): void {
    const told = this.#told.get(controller);
    if (line === "" || told === undefined) return;
    const frame = JSON.parse(line) as TableFrame;
    if (frame.kind === "full") this.#replace(controller, told, frame.table);
    else if (frame.kind === "delta") {
      for (const worker of frame.upserts) this.#set(controller, told, worker.id, worker);
      for (const removal of frame.removals) this.#set(controller, told, removal.id, undefined);
    }
  }

  #replace(controller: string, told: Told, table: RoutingTable): void {
    told.services = Object.keys(table.services);
    const present = new Set(table.workers.map((worker) => worker.id));
    for (const id of told.workers.keys()) {
      if (!present.has(id)) this.#set(controller, told, id, undefined);
    }
    for (const worker of table.workers) this.#set(controller, told, worker.id, worker);
  }

  #set(controller: string, told: Told, id: string, worker: TableWorker | undefined): void {
    const before = told.workers.get(id)?.state;
    if (worker === undefined) told.workers.delete(id);
    else told.workers.set(id, worker);
    if (JSON.stringify(before) === JSON.stringify(worker?.state)) return;
    this.#changes.push({ at: this.#clock.now(), controller, worker: id, state: worker?.state });
  }
}
