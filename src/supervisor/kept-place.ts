import { existsSync } from "node:fs";
import type { Logger } from "../runtime/logger.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Places } from "../runtime/places.ts";
import { readLock, takeLock } from "../runtime/process-lock.ts";
import type { Hub } from "./hub.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { systemReason } from "../runtime/system-reason.ts";
import { prepareStateDirectory } from "./state-directory.ts";

/** The lock and the socket by which this process is the supervisor of its state directory. */
export class KeptPlace {
  readonly #places: Places;
  readonly #hub: Pick<Hub, "listenAgainIfLost">;
  readonly #logger: Logger;
  readonly #said: SaidLately;
  #restoring = false;

  constructor(
    places: Places,
    hub: Pick<Hub, "listenAgainIfLost">,
    { clock, logger }: { clock: Clock; logger: Logger },
  ) {
    this.#places = places;
    this.#hub = hub;
    this.#logger = logger;
    this.#said = new SaidLately(clock);
  }

  /** False: another process is the supervisor. A lock or socket that was only cleaned away is made anew. */
  keep(): boolean {
    if (this.#restoring) return true;
    const holds = readLock(this.#places.supervisorLock)?.pid === process.pid;
    if (holds && existsSync(this.#places.supervisorSocket)) return true;
    try {
      prepareStateDirectory(this.#places);
      if (!takeLock(this.#places.supervisorLock).taken) return false;
      this.#restoring = true;
      void this.#hub
        .listenAgainIfLost()
        .catch((error: unknown) => this.#complain(error, "the supervisor's socket is lost"))
        .finally(() => (this.#restoring = false));
    } catch (error) {
      this.#complain(error, "the supervisor's lock and socket are lost and cannot be made anew");
    }
    return true;
  }

  /** It is tried again several times a second, perhaps on the very disk that is full. */
  #complain(error: unknown, what: string): void {
    if (this.#said.mayBeSaid(`${what}: ${systemReason(error)}`)) this.#logger.error({ err: error }, what);
  }
}
