/**
 * By which keys failures came to one worker last, where a key or a sticky cookie chooses the worker. Who fails wherever it goes would
 * otherwise put one worker after the other out: so many failures of one key are one, and so are those that a few send by turns. A worker that
 * is broken fails with all of its keys; and these may be few: where it gives nobody a sound answer for a while, each failure speaks.
 */
export class FailedKeys {
  readonly #last: number[] = [];
  #next = 0;
  #sound = -1;
  /** The first failure after the last sound answer. */
  #since = 0;

  /** A failure came by this key. True: it speaks against the worker. `sound`: how many sound answers it has given until now. */
  speaks(key: number, sound: number, now: number): boolean {
    if (sound !== this.#sound) {
      this.#sound = sound;
      this.#since = now;
    }
    if (this.#last.includes(key)) return now - this.#since >= failingMs;
    this.#last[this.#next] = key;
    this.#next = (this.#next + 1) % remembered;
    return true;
  }
}

/** So five failures in a row are of five keys. */
const remembered = 4;
/** Longer: a worker that few keys reach is out later. Shorter: where little is asked, a key that fails everywhere takes more workers out. */
const failingMs = 5_000;
