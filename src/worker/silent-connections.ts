import type { Connection } from "./connection.ts";

/** Controllers that fell silent and never came back leave no more than so many. */
const keptMax = 3;

/**
 * Connections that were given up because nothing was heard on them, by the controller at their other end. Packets may be lost
 * one way, and the controller may hear us: it would take the connection's end for the worker's. So each stands until
 * another session with the same controller has taken its place, or the membership is over.
 */
export class SilentConnections {
  readonly #kept = new Map<string, Connection>();

  keep(controller: string, connection: Connection): void {
    this.replaced(controller);
    this.#kept.set(controller, connection);
    const [oldest = controller] = this.#kept.keys();
    if (this.#kept.size > keptMax) this.replaced(oldest);
  }

  /** The controller has welcomed another. */
  replaced(controller: string): void {
    const connection = this.#kept.get(controller);
    this.#kept.delete(controller);
    connection?.destroy();
  }

  end(): void {
    for (const controller of this.#kept.keys()) this.replaced(controller);
  }
}
