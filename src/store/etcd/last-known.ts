import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { newInstanceId } from "../../runtime/random.ts";
import type { Listing } from "./mirror.ts";

/** Longest time from a change until it is in the file. */
const delayMs = 500;

/** Which etcd this was, and what stood in it. */
export interface LastKnown extends Listing {
  clusterId: string;
  prefix: string;
}

/**
 * What this host last knew of etcd, in a file of the state directory: with it a controller can begin while no etcd answers,
 * and finds out that etcd was replaced or set back while no controller ran.
 */
export class LastKnownFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #wanted: (() => LastKnown | undefined) | undefined;
  #due: Timer | undefined;

  constructor(path: string, clock: Clock, logger: Logger) {
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Undefined: there is none that could be used. */
  read(prefix: string): LastKnown | undefined {
    try {
      const found = JSON.parse(readFileSync(this.#path, "utf8")) as Partial<LastKnown> & { v?: number };
      const { clusterId, revision, keyValues } = found;
      if (found.v !== 1 || found.prefix !== prefix || typeof clusterId !== "string") return undefined;
      if (typeof revision !== "number" || !Array.isArray(keyValues)) return undefined;
      return { clusterId, prefix, revision, keyValues };
    } catch {
      return undefined;
    }
  }

  /** Soon writes what `take` gives then; nothing when that is undefined. */
  changed(take: () => LastKnown | undefined): void {
    this.#wanted = take;
    this.#due ??= this.#clock.after(delayMs, () => void this.#write());
  }

  /** Writes what is still to be written. */
  async close(): Promise<void> {
    await this.#write();
  }

  async #write(): Promise<void> {
    const known = this.#wanted?.();
    this.#wanted = undefined;
    this.#due?.cancel();
    this.#due = undefined;
    if (known === undefined) return;
    // Another controller of this host writes the same file: each has a new file of its own until it is whole.
    const aside = `${this.#path}.new-${newInstanceId()}`;
    try {
      await writeFile(aside, JSON.stringify({ v: 1, ...known }), { mode: 0o600 });
      await rename(aside, this.#path);
    } catch (error) {
      this.#logger.warn({ error: String(error) }, "what etcd holds could not be kept for the next start");
    }
  }
}
