/** How everything that was started is stopped again: the last first, each once, and the rest though one fails. */
export class Stops {
  #stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  async run(): Promise<void> {
    const stops = this.#stops.toReversed();
    this.#stops = [];
    for (const stop of stops) {
      await stop().catch((error: Error) => process.stderr.write(`bench: ${error.message}\n`));
    }
  }
}
