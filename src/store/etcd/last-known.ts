import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { newInstanceId } from "../../runtime/random.ts";
import type { Listing } from "./mirror.ts";

/** Longest time from a change until it is in the file. */
const delayMs = 500;
/** A file that was not made whole for so long is nobody's: its writer was killed, or the disk was full. */
const abandonedAfterMs = 60_000;

const asideMark = ".new-";

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
    this.#removeAbandoned();
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
    const aside = `${this.#path}${asideMark}${newInstanceId()}`;
    try {
      await writeFile(aside, JSON.stringify({ v: 1, ...known }), { mode: 0o600 });
      await rename(aside, this.#path);
    } catch (error) {
      this.#logger.warn({ error: String(error) }, "what etcd holds could not be kept for the next start");
      // On a full disk each that stayed would take what is left.
      await rm(aside, { force: true }).catch(() => {});
    }
  }

  #removeAbandoned(): void {
    const directory = dirname(this.#path);
    const now = Date.parse(this.#clock.wallTime());
    try {
      for (const name of readdirSync(directory)) {
        if (!name.startsWith(`${basename(this.#path)}${asideMark}`)) continue;
        const file = join(directory, name);
        if (now - statSync(file).mtimeMs > abandonedAfterMs) rmSync(file, { force: true });
      }
    } catch {
      // They cost room, and nothing else.
    }
  }
}
