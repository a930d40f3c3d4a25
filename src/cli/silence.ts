/** Aborts what is read when nothing comes for so long: a controller that stands still keeps its connections open. */
export class Silence {
  readonly #limitMs: number;
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.broken();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something came. */
  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(this.#why()), this.#limitMs);
  }

  /** Nobody waits any more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #why(): string {
    return `nothing came for ${this.#limitMs / 1_000} s: it stands still, or the network is cut`;
  }
}
