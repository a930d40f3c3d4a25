import type { Clock } from "../../runtime/clock.ts";
import { ClientConnection, type Target } from "./connection.ts";

/**
 * Keep-alive connections of one client. The connection that was idle longest is taken first, so that all stay in
 * use; when all are busy another is opened: an open-loop client never waits. Connections idle above `keep` are closed.
 */
export class ConnectionPool {
  opened = 0;
  readonly #idle: ClientConnection[] = [];
  readonly #all = new Set<ClientConnection>();
  readonly #target: Target;
  readonly #keep: number;
  readonly #clock: Clock;

  constructor(target: Target, keep: number, clock: Clock) {
    this.#target = target;
    this.#keep = keep;
    this.#clock = clock;
  }

  /** Opens the connections that are kept, before the load begins. */
  fill(): void {
    while (this.#all.size < this.#keep) this.#open(true);
  }

  take(fresh: boolean): ClientConnection {
    if (fresh) return this.#open(false);
    for (;;) {
      const connection = this.#idle.shift();
      if (connection === undefined) return this.#open(true);
      if (!connection.closed) return connection;
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(kept: boolean): ClientConnection {
    const connection = new ClientConnection({
      target: this.#target,
      clock: this.#clock,
      onIdle: (idle) => {
        if (kept && this.#idle.length < this.#keep) this.#idle.push(idle);
        else idle.close();
      },
      onClosed: (closed) => {
        this.#all.delete(closed);
        const index = this.#idle.indexOf(closed);
        if (index !== -1) this.#idle.splice(index, 1);
      },
    });
    this.opened += 1;
    this.#all.add(connection);
    return connection;
  }
}
