import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import type { Plan } from "./plan.ts";
import { type ChildrenRecord, writeChildren } from "./state-directory.ts";
import { messageOf } from "./supervisor-error.ts";

/**
 * Who lives, in the state directory, for the supervisor after this one. To be called after every event, ticks included: what
 * could not be written then is written once there is room.
 */
export class KeptChildren {
  readonly #places: Places;
  readonly #logger: Logger;
  readonly #said: SaidLately;
  #written = "";

  constructor(places: Places, clock: Pick<Clock, "now">, logger: Logger) {
    this.#places = places;
    this.#logger = logger;
    this.#said = new SaidLately(clock);
  }

  keep(plan: Plan): void {
    const record = recordOf(plan);
    const text = JSON.stringify(record);
    if (text === this.#written) return;
    try {
      writeChildren(this.#places, record);
      this.#written = text;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#said.mayBeSaid(reason))
        this.#logger.error({ reason }, "the list of processes cannot be written; it is tried again");
    }
  }
}

function recordOf({ epoch, termSeen, mode, children }: Plan): ChildrenRecord {
  return {
    v: 1,
    epoch,
    termSeen,
    stopping: mode.kind === "stopping",
    children: children.flatMap(({ role, name, epoch: its, identity, phase, restarts }) =>
      identity === null
        ? []
        : [{ role, name, epoch: its, ...identity, draining: phase.kind === "draining", restarts }],
    ),
  };
}
