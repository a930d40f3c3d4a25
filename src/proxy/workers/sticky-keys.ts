import { randomBytes } from "node:crypto";
import type { Sticky } from "../../protocol/configuration.ts";
import type { Logger } from "../../runtime/logger.ts";
import { readOrMakeStickyKey, readStickyKey } from "../../runtime/sticky-key.ts";

/** The keys by which sticky cookies are signed, as the settings of services name them. */
export class StickyKeys {
  readonly #ownFile: string | undefined;
  readonly #logger: Logger;
  #own: string | undefined;

  /** `ownFile`: where this gateway keeps a key of its own; unset: nowhere, the key is as old as this object. */
  constructor(ownFile: string | undefined, logger: Logger) {
    this.#ownFile = ownFile;
    this.#logger = logger;
  }

  /** Undefined: it cannot be read, and that was told. */
  of({ keyFile }: Sticky, service: string): string | undefined {
    if (keyFile === undefined && this.#own !== undefined) return this.#own;
    if (keyFile === undefined && this.#ownFile === undefined)
      return (this.#own = randomBytes(32).toString("hex"));
    const reading =
      keyFile === undefined ? readOrMakeStickyKey(this.#ownFile ?? "") : readStickyKey(keyFile.file);
    if (reading.ok) {
      if (keyFile === undefined) this.#own = reading.key;
      return reading.key;
    }
    this.#logger.error(
      { service, fault: reading.fault },
      "the key of a service's sticky cookies cannot be read; its clients are bound to no worker",
    );
    return undefined;
  }
}

export function sameSticky(one: Sticky | undefined, other: Sticky | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
