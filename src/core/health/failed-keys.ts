/**
 * By which keys failures came to one worker last, where a key or a sticky cookie chooses the worker. Who fails wherever it goes would
 * otherwise put one worker after the other out: so many failures of one key are one, and so are those that a few send by turns. A worker that
 * is broken fails with all of its keys.
 */
export class FailedKeys {
  readonly #last: number[] = [];
  #next = 0;

  /** A failure came by this key. True: it speaks against the worker, for the last ones were of others. */
  speaks(key: number): boolean {
    if (this.#last.includes(key)) return false;
    this.#last[this.#next] = key;
    this.#next = (this.#next + 1) % remembered;
    return true;
  }
}

/** So five failures in a row are of five keys. */
const remembered = 4;
