export interface WakefulnessPorts {
  wake(): void;
  sleep(): void;
}

/** A browser has six connections for all tabs together: one that nobody looks at keeps none. */
const hiddenMsMax = 30_000;

/**
 *   asleep --seen--> awake --hidden--> dozing --30 s--> asleep
 *                                      dozing --seen--> awake
 *
 * A tab that was opened in the background was never seen, and begins asleep.
 */
export class Wakefulness {
  readonly #ports: WakefulnessPorts;
  #state: "asleep" | "awake" | "dozing" = "asleep";
  #dozing: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: WakefulnessPorts) {
    this.#ports = ports;
  }

  get asleep(): boolean {
    return this.#state === "asleep";
  }

  /** At first, and whenever that changes. */
  look(seen: boolean): void {
    clearTimeout(this.#dozing);
    if (seen) {
      const was = this.#state;
      this.#state = "awake";
      if (was === "asleep") this.#ports.wake();
    } else if (this.#state === "awake") {
      this.#state = "dozing";
      this.#dozing = setTimeout(() => this.#sleep(), hiddenMsMax);
    } else if (this.#state === "asleep") this.#ports.sleep();
  }

  #sleep(): void {
    this.#state = "asleep";
    this.#ports.sleep();
  }
}
