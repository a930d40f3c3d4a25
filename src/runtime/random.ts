import { randomBytes } from "node:crypto";

/** The only door to chance: a number in [0, 1). */
export type Random = () => number;

/** Chance for the running product. */
export const systemRandom: Random = Math.random;

/** Chance that repeats: the same seed gives the same numbers (mulberry32). For tests and the simulator. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A name for one life of a process; never used twice. Lower-case letters and digits. */
export function newInstanceId(): string {
  return randomBytes(8).toString("hex");
}

/** A secret for the token file: 256 bits, hexadecimal. */
export function newToken(): string {
  return randomBytes(32).toString("hex");
}
