import { SkeinError } from "../../protocol/error.ts";
import type { Clock } from "../../runtime/clock.ts";
import { client, type ClientOptions, type ServiceClient } from "../../worker/index.ts";
import type { Arrival } from "./arrivals.ts";
import { type Carried, type Carrier, judged, orderBody } from "./carrier.ts";
import type { Outcome } from "./record.ts";

/** The SDK's client, as a service that calls another one uses it. */
export class ClientCarrier implements Carrier {
  readonly opened = 0;
  readonly #client: ServiceClient;
  readonly #clock: Clock;

  constructor(options: ClientOptions, timeoutMs: number, clock: Clock) {
    this.#client = client("orders", { timeoutMs, ...options });
    this.#clock = clock;
  }

  begin(): void {}

  carry(arrival: Arrival, id: string, done: Carried): void {
    void this.#carry(arrival, id, done);
  }

  close(): void {
    this.#client.close();
  }

  async #carry(arrival: Arrival, id: string, done: Carried): Promise<void> {
    // Which connection it was, the client does not tell: as if it had been a new one.
    const sentAt = this.#clock.now();
    done(await this.#send(arrival, id).catch(outcomeOf), sentAt);
  }

  async #send({ method }: Arrival, id: string): Promise<Outcome> {
    const made = { method, body: orderBody(id), headers: { "content-type": "application/json" } };
    const answer =
      method === "POST"
        ? await this.#client.fetch("/orders", made)
        : await this.#client.fetch(`/orders/${id}`);
    const header = (name: string): string | undefined => answer.headers.get(name) ?? undefined;
    return judged(answer.status, id, { header, body: await answer.text() });
  }
}

/** An error of the client says what a gateway would: by a code of the same table. */
function outcomeOf(error: unknown): Outcome {
  if (error instanceof SkeinError)
    return { kind: "answered", status: error.problem.status, reason: error.code };
  return { kind: "garbled", detail: String(error) };
}
