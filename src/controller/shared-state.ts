import type { Election } from "../election/election.ts";
import { SkeinError } from "../protocol/error.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { type Store, StoreCorrupt, type StoreChange, type StoreState } from "../store/store.ts";

export interface SharedStatePorts {
  store: Pick<Store, "lastKnown" | "read" | "watch" | "write">;
  clock: Clock;
  logger: Pick<Logger, "warn">;
  election(): Pick<Election, "lease" | "staleTerm">;
  changed(before: StoreState | undefined, state: StoreState): void;
  /** The store must not be used any more. */
  corrupt(error: StoreCorrupt): void;
  /** From then on a store that fails is no news. */
  stopping(): boolean;
}

/** What all controllers must agree on, as the store last showed it. Only a leader's write has an effect. */
export class SharedState {
  readonly #ports: SharedStatePorts;
  readonly #said: SaidLately;
  #state: StoreState | undefined;
  #unwatch: (() => void) | undefined;

  constructor(ports: SharedStatePorts) {
    this.#ports = ports;
    this.#said = new SaidLately(ports.clock);
  }

  /** Undefined: nothing is known yet. */
  get state(): StoreState | undefined {
    return this.#state;
  }

  /** A store that does not answer is no reason not to serve with what is known of it. */
  async start(): Promise<void> {
    const { store } = this.#ports;
    if (store.lastKnown !== undefined) this.read(store.lastKnown);
    try {
      this.read(await store.read());
    } catch (error) {
      if (store.lastKnown === undefined || error instanceof StoreCorrupt) throw error;
      this.failed(error);
      // It may have been told more meanwhile, while nobody watched.
      if (store.lastKnown !== this.#state) this.read(store.lastKnown);
    }
    this.#unwatch = store.watch({
      changed: (state) => this.read(state),
      failed: (error) => this.failed(error),
    });
  }

  stop(): void {
    this.#unwatch?.();
  }

  /** This is what the store shows now. */
  read(state: StoreState): void {
    const before = this.#state;
    this.#state = state;
    this.#ports.changed(before, state);
  }

  /** One leader's write. Resolves when it is done, and was read again where that is possible; rejects with SkeinError. */
  async write(changes: readonly StoreChange[]): Promise<void> {
    const { store } = this.#ports;
    const election = this.#ports.election();
    const { lease } = election;
    if (lease === undefined) throw leadershipLost();
    const outcome = await store.write(lease, changes);
    if (outcome === "stale-term") {
      election.staleTerm(lease.term);
      throw leadershipLost();
    }
    await this.readAgain();
  }

  /** After a write. It is written, so this never rejects: whoever is told otherwise does it twice. The watch tells what it came to. */
  async readAgain(): Promise<void> {
    try {
      this.read(await this.#ports.store.read());
    } catch (error) {
      this.failed(error);
    }
  }

  failed(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    if (error instanceof StoreCorrupt) this.#ports.corrupt(error);
    else if (!this.#ports.stopping() && this.#said.mayBeSaid(error.message))
      this.#ports.logger.warn({ error: error.message }, "the store failed");
  }
}

function leadershipLost(): SkeinError {
  return new SkeinError("noLeader", "This controller has just lost the leadership. Try again.");
}
