import { createServer, type Server, type ServerResponse } from "node:http";
import type { Random } from "../../src/runtime/random.ts";
import { workOf } from "../../test/sim/balance/experiment.ts";
import type { Scenario } from "../../test/sim/balance/scenarios.ts";

interface Job {
  id: string;
  workMs: number;
  response: ServerResponse;
}

/**
 * The laboratory's worker as a real service: so many requests are served at once, the others wait, and each takes its
 * time as one that waits for a database would. `/healthz` is answered at once.
 */
export class TailWorker {
  readonly server: Server;
  readonly #name: string;
  readonly #slots: number;
  readonly #waiting: Job[] = [];
  #busy = 0;

  /** `speed` 0.1: everything takes ten times as long. */
  constructor(name: string, scenario: Scenario, speed: number, chance: Random) {
    this.#name = name;
    this.#slots = scenario.slots;
    this.server = createServer(({ url = "/" }, response) => {
      if (url === "/healthz") return void response.end("ok\n");
      const id = url.slice(url.lastIndexOf("/") + 1);
      this.#waiting.push({ id, response, workMs: workOf(scenario, chance) / speed });
      this.#beginNext();
    });
    // Proxies keep connections; a worker behind one is told to keep them, too.
    this.server.keepAliveTimeout = 75_000;
  }

  get inFlight(): number {
    return this.#busy + this.#waiting.length;
  }

  #beginNext(): void {
    while (this.#busy < this.#slots) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      // Whoever asked has gone.
      if (job.response.closed) continue;
      this.#busy += 1;
      setTimeout(() => this.#end(job), job.workMs);
    }
  }

  #end({ id, response }: Job): void {
    this.#busy -= 1;
    response.writeHead(200, { "x-order-id": id, "x-order-worker": this.#name });
    response.end(`{"id":"${id}"}`);
    this.#beginNext();
  }
}
