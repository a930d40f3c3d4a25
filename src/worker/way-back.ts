import type { Clock, Timer } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { retryDelayMs } from "./backoff.ts";

export interface WayBackPorts {
  clock: Clock;
  random: Random;
  seeds(): string[];
  /** Who has taken our connection: a welcome is being waited for there. */
  takenBy(): string[];
  /** From now on every known controller is tried. */
  widened(): void;
}

/** How long seeds that neither refuse nor take the connection are waited for: a SYN that was lost has been repeated by then. */
export const seedsFirstMs = { least: 2000, most: 4000 } as const;

//   everywhere --welcomed--> held --last session lost--> seeds --all failed, or none took us in time--> everywhere
//                             ^----------welcomed----------'
type State = "everywhere" | "held" | { timer: Timer; failed: Set<string> };

/**
 * Where a worker looks that has lost its last session. Controllers that end together were killed together: their own
 * addresses are gone, and who follows them is met at a seed, the gateway's door. A crowd that tried everything at once
 * would have most of its attempts refused, on the host on which the next controllers are just starting.
 */
export class WayBack {
  readonly #ports: WayBackPorts;
  #state: State = "everywhere";

  constructor(ports: WayBackPorts) {
    this.#ports = ports;
  }

  /** Where to look. */
  urls(known: readonly string[]): string[] {
    const seeds = this.#ports.seeds();
    return this.#bySeeds ? seeds : [...seeds, ...known];
  }

  /** Before the first attempt at each: others may have lost the same controllers in the same moment. */
  delayMs(): number {
    return this.#bySeeds ? retryDelayMs(0, this.#ports.random()) : 0;
  }

  isSeed(url: string): boolean {
    return this.#ports.seeds().includes(url);
  }

  welcomed(): void {
    this.stop();
    this.#state = "held";
  }

  /** The session, or the attempt at one, with `url` is over, and no session is left. */
  lost(url: string): void {
    if (this.#state === "held") this.#wait();
    else if (this.#state !== "everywhere") {
      const { failed } = this.#state;
      failed.add(url);
      if (this.#ports.seeds().every((seed) => failed.has(seed))) this.#widen();
    }
  }

  stop(): void {
    if (typeof this.#state === "object") this.#state.timer.cancel();
  }

  get #bySeeds(): boolean {
    return typeof this.#state === "object";
  }

  #wait(): void {
    const { clock, random, takenBy } = this.#ports;
    const { least, most } = seedsFirstMs;
    const timer = clock.after(least + (most - least) * random(), () => {
      // Whom a seed has taken loses that attempt by its own deadline.
      if (!takenBy().some((url) => this.isSeed(url))) this.#widen();
    });
    this.#state = { timer, failed: new Set() };
  }

  #widen(): void {
    this.stop();
    this.#state = "everywhere";
    this.#ports.widened();
  }
}
