import type { Random } from "../runtime/random.ts";
import { retryDelayMs } from "./backoff.ts";

export interface WayBackPorts {
  random: Random;
  seeds(): string[];
}

//   everywhere --welcomed--> held --last session lost--> seeds --an attempt at each has failed--> everywhere
//                             ^----------welcomed----------'
type State = { kind: "everywhere" | "held" } | { kind: "seeds"; failed: Set<string> };

/**
 * Where a worker looks that has lost its last session. Controllers that end together were killed together: their own
 * addresses are gone, and who follows them is met at a seed, the gateway's door. A crowd that tried everything at once
 * would have most of its attempts refused, on the host on which the next controllers are just starting.
 */
export class WayBack {
  readonly #ports: WayBackPorts;
  #state: State = { kind: "everywhere" };

  constructor(ports: WayBackPorts) {
    this.#ports = ports;
  }

  /** Where to look. */
  urls(known: readonly string[]): string[] {
    const seeds = this.#ports.seeds();
    return this.#state.kind === "seeds" ? seeds : [...seeds, ...known];
  }

  /** Before the first attempt at each: others may have lost the same controllers in the same moment. */
  delayMs(): number {
    return this.#state.kind === "seeds" ? retryDelayMs(0, this.#ports.random()) : 0;
  }

  isSeed(url: string): boolean {
    return this.#ports.seeds().includes(url);
  }

  welcomed(): void {
    this.#state = { kind: "held" };
  }

  /** The session, or the attempt at one, with `url` is over, and no session is left. */
  lost(url: string): void {
    if (this.#state.kind === "held") this.#state = { kind: "seeds", failed: new Set() };
    else if (this.#state.kind === "seeds") {
      const { failed } = this.#state;
      failed.add(url);
      if (this.#ports.seeds().every((seed) => failed.has(seed))) this.#state = { kind: "everywhere" };
    }
  }
}
