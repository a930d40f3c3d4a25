import type { Clock, Timer } from "../../runtime/clock.ts";
import type { ClientOptions } from "../../worker/index.ts";
import { type Arrival, type ArrivalSchedule, arrivalAt, arrivalsDue } from "./arrivals.ts";
import type { Carrier } from "./carrier.ts";
import { ClientCarrier } from "./client-carrier.ts";
import type { Target } from "./connection.ts";
import { RawCarrier } from "./raw-carrier.ts";
import type { LoadReport, RequestRecord } from "./record.ts";

export interface LoadOptions {
  /** One address, by plain connections; or wherever the SDK's client sends. */
  target: Target | { client: ClientOptions };
  /** Distinguishes the ids of this load from those of any other. */
  name: string;
  perSecond: number;
  postShare: number;
  freshShare: number;
  /** Keep-alive connections, where they are plain ones. */
  connections: number;
  /** The client's patience with one request. */
  timeoutMs: number;
  /** More header fields of each request over plain connections. */
  fields?: Record<string, string>;
}

/**
 * An open-loop client: it sends at the times of its schedule and never waits for an answer before it sends the
 * next. Every request sent ends in exactly one record.
 */
export class OpenLoop {
  readonly #options: LoadOptions;
  readonly #clock: Clock;
  readonly #onRecord: (record: RequestRecord) => void;
  readonly #carrier: Carrier;
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
    this.#carrier = carrierOf(options, clock);
    this.#schedule = { ...options, startAt: 0 };
  }

  /** The kept connections get `leadMs` to open: the load measures requests, not its own start. */
  start(leadMs = 50): void {
    this.#carrier.begin();
    this.#schedule = { ...this.#options, startAt: this.#clock.now() + leadMs };
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
    const id = `${this.#options.name}-${arrival.index}`;
    const sentAt = this.#clock.now();
    this.#lateMs.push(sentAt - arrival.at);
    this.#inFlight += 1;
    this.#carrier.carry(arrival, id, (outcome, connectionOpenedAt) => {
      this.#inFlight -= 1;
      this.#onRecord({
        id,
        method: arrival.method,
        scheduledAt: arrival.at,
        sentAt,
        endedAt: this.#clock.now(),
        connectionOpenedAt,
        outcome,
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
      connectionsOpened: this.#carrier.opened,
    };
    this.#carrier.close();
    const ended = this.#ended;
    this.#ended = undefined;
    ended(report);
  }
}

function carrierOf({ target, connections, timeoutMs, fields }: LoadOptions, clock: Clock): Carrier {
  if ("client" in target) return new ClientCarrier(target.client, timeoutMs, clock);
  return new RawCarrier({ target, connections, timeoutMs, fields }, clock);
}
