import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Answer } from "./answer.ts";
import { type Arrival, type ArrivalSchedule, arrivalAt, arrivalsDue } from "./arrivals.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { Target } from "./connection.ts";
import type { LoadReport, Outcome, RequestRecord } from "./record.ts";

export interface LoadOptions {
  target: Target;
  /** Distinguishes the ids of this load from those of any other. */
  name: string;
  perSecond: number;
  postShare: number;
  freshShare: number;
  /** Keep-alive connections. */
  connections: number;
  /** The client's patience with one request. */
  timeoutMs: number;
}

/**
 * An open-loop client: it sends at the times of its schedule and never waits for an answer before it sends the
 * next. Every request sent ends in exactly one record.
 */
export class OpenLoop {
  readonly #options: LoadOptions;
  readonly #clock: Clock;
  readonly #onRecord: (record: RequestRecord) => void;
  readonly #pool: ConnectionPool;
  #schedule: ArrivalSchedule;
  #sent = 0;
  #inFlight = 0;
  #stopAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #ended: ((report: LoadReport) => void) | undefined;
  readonly #lateMs: number[] = [];

  constructor(options: LoadOptions, clock: Clock, onRecord: (record: RequestRecord) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#onRecord = onRecord;
    this.#pool = new ConnectionPool(options.target, options.connections, clock);
    this.#schedule = { ...options, startAt: 0 };
  }

  start(): void {
    this.#pool.fill();
    // The kept connections get a moment to open: the load measures requests, not its own start.
    this.#schedule = { ...this.#options, startAt: this.#clock.now() + 50 };
    this.#timer = this.#clock.every(1, () => this.#sendDue());
  }

  /** Sends what was due until now and resolves when every request has its record. */
  async stop(): Promise<LoadReport> {
    return await new Promise((resolve) => {
      this.#ended = resolve;
      this.#stopAt = this.#clock.now();
      this.#sendDue();
      this.#timer?.cancel();
      this.#endIfDone();
    });
  }

  get planned(): number {
    return arrivalsDue(this.#schedule, Math.min(this.#clock.now(), this.#stopAt));
  }

  #sendDue(): void {
    const due = this.planned;
    while (this.#sent < due) {
      const arrival = arrivalAt(this.#schedule, this.#sent);
      this.#sent += 1;
      this.#send(arrival);
    }
  }

  #send(arrival: Arrival): void {
    const { name, timeoutMs } = this.#options;
    const id = `${name}-${arrival.index}`;
    const connection = this.#pool.take(arrival.fresh);
    const sentAt = this.#clock.now();
    this.#lateMs.push(sentAt - arrival.at);
    this.#inFlight += 1;
    const patience = this.#clock.after(timeoutMs, () => connection.abandon({ kind: "timeout" }));
    connection.request(requestText(this.#options, arrival, id), (outcome, answer) => {
      patience.cancel();
      this.#inFlight -= 1;
      this.#onRecord({
        id,
        method: arrival.method,
        scheduledAt: arrival.at,
        sentAt,
        endedAt: this.#clock.now(),
        connectionOpenedAt: connection.openedAt,
        outcome: answer === undefined ? outcome : checked(outcome, answer, id),
      });
      this.#endIfDone();
    });
  }

  #endIfDone(): void {
    if (this.#ended === undefined || this.#inFlight > 0) return;
    const late = this.#lateMs.toSorted((a, b) => a - b);
    const report: LoadReport = {
      planned: this.planned,
      sent: this.#sent,
      lateMsMax: late.at(-1) ?? 0,
      lateMsP99: late[Math.min(late.length - 1, Math.floor(late.length * 0.99))] ?? 0,
      connectionsOpened: this.#pool.opened,
    };
    this.#pool.close();
    const ended = this.#ended;
    this.#ended = undefined;
    ended(report);
  }
}

function requestText(options: LoadOptions, arrival: Arrival, id: string): string {
  const { host, port } = options.target;
  const fields =
    `Host: ${host}:${port}\r\nUser-Agent: skein-drill\r\nAccept: application/json\r\n` +
    (arrival.fresh ? "Connection: close\r\n" : "");
  if (arrival.method === "GET") return `GET /orders/${id} HTTP/1.1\r\n${fields}\r\n`;
  const body = JSON.stringify({ id, item: "thread", count: 1 });
  return (
    `POST /orders HTTP/1.1\r\n${fields}Content-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** An order that is answered must be the one that was asked for: another one's answer is worse than none. */
function checked(outcome: Outcome, answer: Answer, id: string): Outcome {
  if (outcome.kind !== "answered" || outcome.status >= 300) return outcome;
  const worker = answer.headers.get("x-order-worker");
  if (answer.headers.get("x-order-id") !== id || !answer.body.includes(`"${id}"`))
    return { kind: "garbled", detail: `the answer is that of order ${answer.headers.get("x-order-id")}` };
  return worker === undefined ? outcome : { ...outcome, worker };
}
