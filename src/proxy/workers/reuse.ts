import type { PoisonCause } from "../reports/statistics.ts";

/**
 * Why a connection must not be used again after an answer that is whole; undefined: it is clean.
 *
 * @param alone nothing came behind the answer
 * @param requestDone the request was whole before the answer was (at its head: see `spoil`)
 * @param unsentBytes of the request, not yet taken by the kernel: the worker cannot have seen its end
 */
export function taintAfterAnswer(
  alone: boolean,
  requestDone: boolean,
  unsentBytes: number,
): PoisonCause | undefined {
  if (!alone) return "left-over";
  return requestDone && unsentBytes === 0 ? undefined : "early-answer";
}
