import { type Clock, systemClock } from "../runtime/clock.ts";

export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Waits, and keeps the process alive meanwhile. */
export async function pause(ms: number): Promise<void> {
  await new Promise((done) => setTimeout(done, Math.max(0, ms)));
}

/**
 * Asks `probe` every `everyMs` until it gives something else than undefined. Gives undefined when `withinMs` are
 * over. A probe that throws counts as undefined.
 */
export async function eventually<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  options: { withinMs: number; everyMs?: number; clock?: Clock },
): Promise<T | undefined> {
  const { withinMs, everyMs = 20, clock = systemClock } = options;
  const until = clock.now() + withinMs;
  for (;;) {
    const found = await attempt(probe);
    if (found !== undefined) return found;
    if (clock.now() >= until) return undefined;
    await pause(everyMs);
  }
}

async function attempt<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await probe();
  } catch {
    return undefined;
  }
}
