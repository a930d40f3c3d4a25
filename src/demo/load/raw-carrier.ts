import type { Clock } from "../../runtime/clock.ts";
import type { Arrival } from "./arrivals.ts";
import { type Carried, type Carrier, judged, orderBody } from "./carrier.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { Target } from "./connection.ts";

export interface RawOptions {
  target: Target;
  /** Keep-alive connections. */
  connections: number;
  /** The client's patience with one request. */
  timeoutMs: number;
  fields?: Record<string, string> | undefined;
}

/** Plain connections to one address. Nothing is ever repeated: what is done to a request must be seen, not hidden. */
export class RawCarrier implements Carrier {
  readonly #options: RawOptions;
  readonly #clock: Clock;
  readonly #pool: ConnectionPool;
  /** Lines of the head. */
  readonly #fields: string;

  constructor(options: RawOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#fields = Object.entries(options.fields ?? {})
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    this.#pool = new ConnectionPool(options.target, options.connections, clock);
  }

  get opened(): number {
    return this.#pool.opened;
  }

  begin(): void {
    this.#pool.fill();
  }

  carry(arrival: Arrival, id: string, done: Carried): void {
    const connection = this.#pool.take(arrival.fresh);
    const { timeoutMs, target } = this.#options;
    const patience = this.#clock.after(timeoutMs, () => connection.abandon({ kind: "timeout" }));
    connection.request(requestText(target, arrival, id, this.#fields), (outcome, answer) => {
      patience.cancel();
      if (answer === undefined) return done(outcome, connection.openedAt);
      const { status, headers, body } = answer;
      done(judged(status, id, { header: (name) => headers.get(name), body }), connection.openedAt);
    });
  }

  close(): void {
    this.#pool.close();
  }
}

function requestText({ host, port }: Target, arrival: Arrival, id: string, more: string): string {
  const fields =
    `Host: ${host}:${port}\r\nUser-Agent: skein-drill\r\nAccept: application/json\r\n` +
    more +
    (arrival.fresh ? "Connection: close\r\n" : "");
  if (arrival.method === "GET") return `GET /orders/${id} HTTP/1.1\r\n${fields}\r\n`;
  const body = orderBody(id);
  return (
    `POST /orders HTTP/1.1\r\n${fields}Content-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}
