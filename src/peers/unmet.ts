import type { Presence } from "../protocol/presence.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { SaidLately } from "../runtime/said-lately.ts";

/** Who has ended stands in the store until its beats are missed there: that it cannot be met is no news before. */
export const patienceMs = 15_000;

/** Says which controllers of other gateways cannot be met, and why: each would go on alone, as if there were no other. */
export class Unmet {
  readonly #clock: Pick<Clock, "now">;
  readonly #logger: Pick<Logger, "warn">;
  readonly #said: SaidLately;
  /** Since when no dial came through, by the instance. */
  readonly #since = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">, logger: Pick<Logger, "warn">) {
    this.#clock = clock;
    this.#logger = logger;
    this.#said = new SaidLately(clock);
  }

  /** What came of a dial to one of `others`; without a failure it was met. */
  dialled(to: Presence, failure: string | undefined, others: readonly Presence[]): void {
    for (const instance of this.#since.keys()) {
      if (!others.some(({ controller }) => controller === instance)) this.#since.delete(instance);
    }
    const { controller, name, url } = to;
    if (failure === undefined) {
      this.#since.delete(controller);
      return;
    }
    const now = this.#clock.now();
    const since = this.#since.get(controller) ?? now;
    this.#since.set(controller, since);
    if (now - since < patienceMs || !this.#said.mayBeSaid(`${name}: ${failure}`)) return;
    this.#logger.warn(
      { peer: name, url, reason: failure },
      "a controller of another gateway cannot be met, so it hears of no heartbeats and changes from here. Let this host connect to " +
        "that address, and give both gateways certificates of one authority",
    );
  }
}
