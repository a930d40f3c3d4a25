import type { EtcdApi } from "./api.ts";
import { EtcdFailure } from "./failure.ts";
import { beatNumber, beatText, type Presences } from "./presences.ts";
import type { Replica } from "./replica.ts";
import type { WatchEvent } from "./wire.ts";

/** Below that of other calls: a stopped member is left before it has kept the news from us for two seconds. */
const deadlineMs = 750;
/** How long the key of a controller that was killed stays. */
const leaseMs = 15_000;
/** So many beats in a lease's time. */
const keepAliveEvery = 5;

/**
 * Writes this controller's own small key, by which the others know that it is there and where, and finds it again in what
 * the watch tells.
 */
export class Beats {
  readonly #replica: Replica;
  readonly #api: EtcdApi;
  readonly #key: string;
  readonly #presences: Presences;
  #lease: string | undefined;
  #sent = 0;

  /** `handle`: a name never used before. */
  constructor(replica: Replica, handle: string, presences: Presences) {
    this.#replica = replica;
    this.#api = replica.api;
    this.#key = replica.keys.beat(handle);
    this.#presences = presences;
  }

  /** Rejects with EtcdFailure, or when another history answers. */
  async send(number: number): Promise<void> {
    try {
      const lease = (this.#lease ??= await this.#grant());
      this.#sent += 1;
      if (this.#sent % keepAliveEvery === 0) await this.#api.keepAlive(lease);
      await this.#put(number, lease);
    } catch (error) {
      if (error instanceof EtcdFailure && error.kind === "lease-over") this.#lease = undefined;
      else throw error;
    }
  }

  /** The highest number among the events that are own beats. */
  foundIn(events: readonly WatchEvent[]): number | undefined {
    const numbers = events.flatMap((event) =>
      event.kind === "put" && event.keyValue.key === this.#key ? [beatNumber(event.keyValue.value)] : [],
    );
    return numbers.at(-1);
  }

  /** Politely: others need not wait for the lease to end. */
  async end(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease !== undefined) await this.#api.revoke(lease);
  }

  async #grant(): Promise<string> {
    const known = this.#replica.known();
    const { header, lease } = await this.#api.grant(leaseMs);
    this.#replica.check(known, header, false);
    return lease;
  }

  async #put(number: number, lease: string): Promise<void> {
    const known = this.#replica.known();
    const put = { kind: "put", key: this.#key, value: beatText(number, this.#presences.own), lease } as const;
    const { header } = await this.#api.transact({ compare: [], success: [put] }, deadlineMs);
    this.#replica.check(known, header, true);
  }
}
