import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { takeInHand } from "./at-hand/at-hand.ts";
import { addInFlight, readInFlight, type SharedLoad } from "./shared-load.ts";

/** Counts the requests that a server is answering, and lets the last answers of a drain close their connections. */
export class InFlight {
  readonly #server: Server;
  readonly #shared: SharedLoad;
  #last = false;

  constructor(server: Server, shared: SharedLoad) {
    this.#server = server;
    this.#shared = shared;
    server.prependListener("request", this.#began);
  }

  get count(): number {
    return readInFlight(this.#shared);
  }

  /** From now on every answer carries `Connection: close`. Only after no proxy chooses this worker any more. */
  closeConnections(): void {
    this.#last = true;
  }

  stop(): void {
    this.#server.removeListener("request", this.#began);
  }

  readonly #began = (request: IncomingMessage, response: ServerResponse): void => {
    takeInHand(request, response);
    addInFlight(this.#shared, 1);
    response.once("close", this.#ended);
    if (this.#last) response.setHeader("connection", "close");
  };

  // One function for every response: no closure per request.
  readonly #ended = (): void => addInFlight(this.#shared, -1);
}
