import { readdirSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { basename, join } from "node:path";
import type {
  RoutingTable,
  TableFrame,
  TableWorker,
  TableWorkerState,
} from "../../protocol/routing-table.ts";
import { type Clock, systemClock, type Timer } from "../../runtime/clock.ts";
import type { Places } from "../../runtime/places.ts";

/** A change of a worker in the table of one controller, and when it arrived here. */
export interface TableChange {
  at: number;
  controller: string;
  worker: string;
  /** Undefined: no longer in the table. */
  state: TableWorkerState | undefined;
}

interface Stream {
  request: ClientRequest;
  workers: Map<string, TableWorker>;
  settled: boolean;
  services: string[];
  lastFrameAt: number;
}

/**
 * Reads the routing tables of every controller of a host, as the proxies do: over the unix sockets, as a stream.
 * What it sees is what a proxy can know, and when.
 */
export class TableWatch {
  readonly #places: Places;
  readonly #clock: Clock;
  readonly #streams = new Map<string, Stream>();
  readonly #changes: TableChange[] = [];
  readonly #timer: Timer;

  constructor(places: Places, clock: Clock = systemClock) {
    this.#places = places;
    this.#clock = clock;
    this.#attachNew();
    this.#timer = clock.every(50, () => this.#attachNew());
  }

  close(): void {
    this.#timer.cancel();
    for (const stream of this.#streams.values()) stream.request.destroy();
    this.#streams.clear();
  }

  /** Controllers whose table is here. */
  get controllers(): string[] {
    return [...this.#streams].filter(([, stream]) => stream.services.length > 0).map(([name]) => name);
  }

  /** State of a worker in each controller's table; undefined where it is not in it. */
  statesOf(worker: string): (TableWorkerState | undefined)[] {
    return this.controllers.map((name) => this.#streams.get(name)?.workers.get(worker)?.state);
  }

  /** True when every attached controller (at least `controllers` of them) lists exactly these workers as live. */
  allLive(workers: readonly string[], controllers: number): boolean {
    const names = this.controllers;
    if (names.length < controllers) return false;
    return workers.every((worker) => this.statesOf(worker).every((state) => state?.kind === "live"));
  }

  /** Workers that are live in this controller's table. */
  liveIn(controller: string): number {
    const workers = this.#streams.get(controller)?.workers.values() ?? [];
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

  #attachNew(): void {
    for (const name of controllerSockets(this.#places.run)) {
      if (!this.#streams.has(name)) this.#attach(name);
    }
  }

  #attach(name: string): void {
    const call = request({
      socketPath: this.#places.controllerSocket(name),
      path: "/v1/routing-table?watch=1",
      headers: { host: "localhost" },
      agent: false,
    });
    const stream: Stream = {
      request: call,
      workers: new Map(),
      settled: false,
      services: [],
      lastFrameAt: this.#clock.now(),
    };
    this.#streams.set(name, stream);
    const detach = (): void => {
      if (this.#streams.get(name) === stream) this.#streams.delete(name);
    };
    call.on("error", detach);
    call.on("response", (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (piece: string) => {
        text += piece;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          if (line !== "") this.#received(name, stream, JSON.parse(line) as TableFrame);
        }
      });
      response.on("error", detach);
      response.on("close", detach);
    });
    call.end();
  }

  #received(name: string, stream: Stream, frame: TableFrame): void {
    stream.lastFrameAt = this.#clock.now();
    if (frame.kind === "full") this.#replace(name, stream, frame.table);
    else if (frame.kind === "delta") {
      stream.settled = frame.settled;
      for (const worker of frame.upserts) this.#set(name, stream, worker.id, worker);
      for (const removal of frame.removals) this.#set(name, stream, removal.id, undefined);
    }
  }

  #replace(name: string, stream: Stream, table: RoutingTable): void {
    stream.settled = table.settled;
    stream.services = Object.keys(table.services);
    const present = new Set(table.workers.map((worker) => worker.id));
    for (const id of stream.workers.keys()) {
      if (!present.has(id)) this.#set(name, stream, id, undefined);
    }
    for (const worker of table.workers) this.#set(name, stream, worker.id, worker);
  }

  #set(controller: string, stream: Stream, id: string, worker: TableWorker | undefined): void {
    const before = stream.workers.get(id)?.state;
    if (worker === undefined) stream.workers.delete(id);
    else stream.workers.set(id, worker);
    if (JSON.stringify(before) === JSON.stringify(worker?.state)) return;
    this.#changes.push({ at: this.#clock.now(), controller, worker: id, state: worker?.state });
  }
}

/** Names of the controllers that have a socket in `run`. */
export function controllerSockets(run: string): string[] {
  try {
    return readdirSync(run)
      .filter((file) => /^controller-.*\.sock$/.test(file))
      .map((file) => basename(join(run, file), ".sock"));
  } catch {
    return [];
  }
}
