import { createSecureContext, type SecureContext } from "node:tls";
import type { WorkerTls } from "../protocol/configuration.ts";
import { readAuthorities } from "./authorities.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";

/** Whom to take for a worker of one service. */
export interface WorkerTrust {
  readonly settings: WorkerTls;
  readonly context: SecureContext;
}

interface Known {
  readonly trust: WorkerTrust;
  /** Of the authorities in use. */
  readonly digest?: string | undefined;
  /** The file of authorities could not be read then, or held others than the settings say: it is tried again after this. */
  readonly againAt: number;
}

const tryAgainMs = 5_000;
const complainMs = 10_000;

/**
 * The trust of each service as its settings and files say. A file that cannot be read leaves what was there; where
 * nothing was, nobody is trusted: it never means the authorities of the system, and never anybody.
 */
export class WorkerTrusts {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();
  readonly #complainedAt = new Map<string, number>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** `settings` may be another object each time; what they say decides. */
  of(service: string, settings: WorkerTls): WorkerTrust {
    const now = this.#clock.now();
    const known = this.#known.get(service);
    if (known !== undefined && now < known.againAt && sameTls(known.trust.settings, settings))
      return known.trust;
    const next = this.#read(service, settings, known, now);
    this.#known.set(service, next);
    return next.trust;
  }

  #read(service: string, settings: WorkerTls, known: Known | undefined, now: number): Known {
    const { ca } = settings;
    if (ca === undefined) return { trust: { settings, context: createSecureContext() }, againAt: Infinity };
    const reading = readAuthorities(ca.file);
    if (reading.ok) {
      const { certificates, digest } = reading;
      const same = known?.digest === digest;
      const context = same ? known.trust.context : createSecureContext({ ca: [...certificates] });
      // The digest may be of another host, which had the new file earlier.
      const againAt = digest === ca.digest ? Infinity : now + tryAgainMs;
      return { trust: { settings, context }, digest, againAt };
    }
    const instead = known === undefined ? "none of its workers is trusted" : "the ones before stay in use";
    this.#logger.error(
      { service, fault: reading.fault },
      `the authorities of a service cannot be read; ${instead}`,
    );
    const context = known?.trust.context ?? createSecureContext({ ca: [] });
    return { trust: { settings, context }, digest: known?.digest, againAt: now + tryAgainMs };
  }

  /** A worker could not show who it is. Told now and then: while it lasts, every try says the same. */
  complain(service: string, worker: string, error: NodeJS.ErrnoException): void {
    const now = this.#clock.now();
    const key = `${service}\n${error.code ?? ""}`;
    if (now - (this.#complainedAt.get(key) ?? -Infinity) < complainMs) return;
    if (this.#complainedAt.size > 1_000) this.#complainedAt.clear();
    this.#complainedAt.set(key, now);
    this.#logger.warn(
      { service, worker, code: error.code, reason: error.message },
      "a worker could not show by TLS that it is one of its service",
    );
  }
}

export function sameTls(one: WorkerTls | undefined, other: WorkerTls | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
