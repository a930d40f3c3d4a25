import { createServer, type Server, type ServerResponse } from "node:http";
import { systemClock } from "../../src/runtime/clock.ts";
import type { Random } from "../../src/runtime/random.ts";
import { workOf } from "../../test/sim/balance/experiment.ts";
import type { Scenario } from "../../test/sim/balance/scenarios.ts";

interface Job {
  id: string;
  workMs: number;
  arrivedAt: number;
  response: ServerResponse;
}

/** One request at a time is served in it. */
interface Slot {
  /** When what was served last was due to end. */
  endedAt: number;
}

/** A timer's lateness up to this is made up for, or the worker could do less than is said of it. A stall is not. */
const madeUpMsMax = 5;

/**
 * The laboratory's worker as a real service: so many requests are served at once, the others wait, and each takes its
 * time as one that waits for a database would. `/healthz` is answered at once.
 */
export class TailWorker {
  readonly server: Server;
  readonly #name: string;
  readonly #slotCount: number;
  readonly #free: Slot[];
  readonly #waiting: Job[] = [];
  /** Ids of the requests served; undefined: nobody asks for them. */
  readonly #ledger: string[] | undefined;

  /** `speed` 0.1: everything takes ten times as long. */
  constructor(name: string, scenario: Scenario, speed: number, chance: Random, keepsLedger = false) {
    this.#ledger = keepsLedger ? [] : undefined;
    this.#name = name;
    this.#slotCount = scenario.slots;
    this.#free = Array.from({ length: scenario.slots }, () => ({ endedAt: 0 }));
    this.server = createServer(({ url = "/" }, response) => {
      if (url === "/healthz") return void response.end("ok\n");
      const id = url.slice(url.lastIndexOf("/") + 1);
      const workMs = workOf(scenario, chance) / speed;
      this.#waiting.push({ id, response, workMs, arrivedAt: systemClock.now() });
      this.#beginNext();
    });
    // Proxies keep connections; a worker behind one is told to keep them, too.
    this.server.keepAliveTimeout = 75_000;
  }

  get inFlight(): number {
    return this.#slotCount - this.#free.length + this.#waiting.length;
  }

  /** What was served since this was asked last. */
  takeLedger(): string[] {
    return this.#ledger?.splice(0) ?? [];
  }

  #beginNext(): void {
    while (this.#free.length > 0) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      // Whoever asked has gone.
      if (job.response.closed) continue;
      const slot = this.#free.pop() ?? { endedAt: 0 };
      const now = systemClock.now();
      slot.endedAt = Math.max(job.arrivedAt, slot.endedAt, now - madeUpMsMax) + job.workMs;
      setTimeout(() => this.#end(job, slot), Math.max(0, slot.endedAt - now));
    }
  }

  #end({ id, response }: Job, slot: Slot): void {
    this.#free.push(slot);
    this.#ledger?.push(id);
    response.writeHead(200, { "x-order-id": id, "x-order-worker": this.#name });
    response.end(`{"id":"${id}"}`);
    this.#beginNext();
  }
}
