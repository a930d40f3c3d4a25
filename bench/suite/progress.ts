import { figures } from "./figures-of.ts";
import type { Failure, Measurement } from "./results.ts";

/** One measurement, as it is made. */
export function progressLine(one: Measurement): string {
  const micros = figures.proxy(one)?.toFixed(1) ?? "-";
  const perSecond = Math.round(figures.perSecond(one) ?? 0).toLocaleString("en");
  const { latency } = one;
  const p99 = latency === undefined ? "" : `   p99 ${latency.p99.toFixed(2)} ms`;
  return `${placeOf(one)} ${micros.padStart(8)} us/request ${perSecond.padStart(8)} requests/s${p99}`;
}

export function failureLine(failure: Failure): string {
  return `${placeOf(failure)} FAILED: ${failure.detail}`;
}

function placeOf(one: Pick<Measurement, "case" | "peer" | "round">): string {
  return `  ${one.case.padEnd(18)} round ${one.round} ${one.peer.padEnd(10)}`;
}
