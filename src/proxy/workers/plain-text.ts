import type { Logger } from "../../runtime/logger.ts";
import type { Worker } from "./worker.ts";

/**
 * Says, once for a service, that requests to its workers go where everybody on the network can read and change them. It is no
 * error: plain HTTP is all that many programs speak, and the network may encrypt by itself.
 */
export class PlainTextNotice {
  readonly #logger: Logger;
  #said = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  consider(worker: Worker): void {
    if (this.#said || !worker.isInPlainText) return;
    this.#said = true;
    const { service, id, address } = worker;
    this.#logger.warn(
      { service, worker: id, address },
      "requests to a worker beyond loopback go in plain text: give its service `tls`, or let it join with skein's SDK",
    );
  }
}
