import type { ProxySettings } from "../protocol/configuration.ts";

type Limits = ProxySettings["limits"];

/** Little is kept: what is taken again soon is still in the processor's cache. */
const keptMax = 64;

/**
 * Parts that are needed only from a message's first byte to its last, and are not small: few of them serve many
 * connections, for most connections are idle. They are made for certain limits, and anew when those change.
 */
export class Spares<Part extends { readonly limits: object }> {
  readonly #limits: () => Limits;
  readonly #make: (limits: Limits) => Part;
  #madeFor: Limits | undefined;
  #free: Part[] = [];

  constructor(limits: () => Limits, make: (limits: Limits) => Part) {
    this.#limits = limits;
    this.#make = make;
  }

  take(): Part {
    const limits = this.#limits();
    if (limits !== this.#madeFor) {
      this.#madeFor = limits;
      this.#free = [];
    }
    return this.#free.pop() ?? this.#make(limits);
  }

  /** It must not be used any more by who gives it back. */
  giveBack(part: Part): void {
    if (this.#free.length < keptMax && part.limits === this.#madeFor) this.#free.push(part);
  }
}
