import { chmodSync, existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { ControlServer } from "../control/server.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { makeOwnDirectory } from "../runtime/make-directory.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { systemReason } from "../runtime/system-reason.ts";

const lookEveryMs = 1_000;

/**
 * The socket file by which this gateway's proxies and controllers find a controller. Cleaned away with a temporary directory, it is made
 * anew: a proxy that starts would find nobody.
 */
export class KeptSocket {
  readonly #path: string;
  readonly #server: Pick<ControlServer, "listenAgain">;
  readonly #logger: Pick<Logger, "error">;
  readonly #said: SaidLately;
  readonly #looks: Timer;

  constructor(
    path: string,
    server: Pick<ControlServer, "listenAgain">,
    { clock, logger }: { clock: Clock; logger: Pick<Logger, "error"> },
  ) {
    this.#path = path;
    this.#server = server;
    this.#logger = logger;
    this.#said = new SaidLately(clock);
    this.#looks = clock.every(lookEveryMs, () => void this.#look());
  }

  /** From here on nobody finds this controller any more. */
  remove(): void {
    this.#looks.cancel();
    rmSync(this.#path, { force: true });
  }

  async #look(): Promise<void> {
    if (existsSync(this.#path)) return;
    try {
      makeOwnDirectory(dirname(this.#path));
      await this.#server.listenAgain(this.#path);
      // Whoever may open the socket is trusted: only this user, as with the directory.
      chmodSync(this.#path, 0o600);
    } catch (error) {
      const reason = systemReason(error);
      if (this.#said.mayBeSaid(reason))
        this.#logger.error({ reason }, "the controller's socket is lost and cannot be made anew");
    }
  }
}
