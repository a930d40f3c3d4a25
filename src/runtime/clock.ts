/** A running timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * The only door to time. Everything that waits or measures is given one of these, so that tests and the
 * simulator can put virtual time in its place.
 */
export interface Clock {
  /** Monotonic milliseconds (with fractions) since an arbitrary start. The same origin for every process of one host. */
  now(): number;
  /** Wall time as ISO 8601, for people and logs only. No decision may depend on it. */
  wallTime(): string;
  /** Calls `fire` once after `ms`. Does not keep the process alive. */
  after(ms: number, fire: () => void): Timer;
  /** Calls `fire` every `ms`. Does not keep the process alive. */
  every(ms: number, fire: () => void): Timer;
  /**
   * Calls `fire` once everything that already waits in the sockets has been read. A check for silence must be
   * deferred with this: timers run before the socket queue is read, so after a pause of the process a bare
   * timer would see silence where messages are waiting.
   */
  afterPendingInput(fire: () => void): void;
}

/**
 * `performance.now` reads CLOCK_MONOTONIC as hrtime does, for half of the price; its origin is the process' start. With
 * this added it is one origin for every process of a host, which lets the drill compare them.
 */
const startedAtMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Node makes one millisecond of what is longer. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => startedAtMs + performance.now(),
  wallTime: () => new Date().toISOString(),
  after(ms, fire) {
    // What is due already is due at once: of a time below 0 Node warns the user.
    const timer = setTimeout(fire, Math.max(0, Math.min(ms, timerMsMax)));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, fire) {
    const timer = setInterval(fire, ms);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
  afterPendingInput(fire) {
    // Two turns: the first may still belong to the turn of the loop that was cut short by the pause.
    setImmediate(() => setImmediate(fire));
  },
};
