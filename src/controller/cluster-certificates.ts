import type { Clock } from "../runtime/clock.ts";
import { type ClusterTls, readClusterTls, remarkOnTime, renewClusterTls } from "../runtime/cluster-tls.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { SaidLately } from "../runtime/said-lately.ts";

const dayMs = 86_400_000;

/** The cluster's certificates on this host, as they are in use: renewed when their files are, and told of once a day before they end. */
export class ClusterCertificates {
  readonly #tls: Places["tls"];
  readonly #clock: Pick<Clock, "now" | "wallTime">;
  readonly #logger: Pick<Logger, "warn">;
  readonly #said: SaidLately;
  #inUse: ClusterTls;

  /** Throws rather than that anything is served without. */
  constructor(
    { tls }: Pick<Places, "tls">,
    clock: Pick<Clock, "now" | "wallTime">,
    logger: Pick<Logger, "warn">,
  ) {
    this.#tls = tls;
    this.#clock = clock;
    this.#logger = logger;
    this.#said = new SaidLately(clock, dayMs);
    try {
      this.#inUse = readClusterTls({ tls }, this.#wallTime);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${reason}. The control API of this gateway has TLS, and is never plain text instead: put the files in place, or make ` +
          "others by `skein ca issue`",
        { cause: error },
      );
    }
    this.#tellOfTime();
  }

  get inUse(): ClusterTls {
    return this.#inUse;
  }

  /** The one that is shown to others. */
  get shown(): { file: string; notAfter: number } {
    return { file: this.#tls.cert, notAfter: this.#inUse.notAfter };
  }

  /** Looks at the files. True: others are in use now. What cannot be used leaves those that were. */
  renew(): boolean {
    const before = this.#inUse;
    try {
      this.#inUse = renewClusterTls({ tls: this.#tls }, before, this.#wallTime);
    } catch (error) {
      this.#logger.warn(
        { error: String(error) },
        "the renewed certificate cannot be used; the one before stays",
      );
    }
    this.#tellOfTime();
    return this.#inUse.digest !== before.digest;
  }

  #tellOfTime(): void {
    const remark = remarkOnTime(this.#inUse, this.#tls.cert, this.#wallTime);
    if (remark !== undefined && this.#said.mayBeSaid(remark)) this.#logger.warn({}, remark);
  }

  get #wallTime(): number {
    return Date.parse(this.#clock.wallTime());
  }
}
