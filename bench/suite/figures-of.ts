import type { PeerName } from "./peer-names.ts";
import type { Cpu, Measurement, Results } from "./results.ts";
import { pairRatios, type RoundValue, type Spread, spreadOf } from "./statistics.ts";

/** One number out of a measurement; undefined where that measurement has none of it. */
export type Figure = (one: Measurement) => number | undefined;

const sum = (cpu: Cpu): number => cpu.user + cpu.system;
const perRequest =
  (micros: (one: Measurement) => number): Figure =>
  (one) =>
    micros(one) / one.requests;
/** Without a proxy there is nothing to say of it. */
const ofProxy =
  (figure: Figure): Figure =>
  (one) =>
    one.rssBytes === 0 ? undefined : figure(one);

export const figures = {
  /** Microseconds of CPU time per request. */
  proxy: ofProxy(perRequest((one) => sum(one.proxy))),
  proxyUser: ofProxy(perRequest((one) => one.proxy.user)),
  proxySystem: ofProxy(perRequest((one) => one.proxy.system)),
  worker: perRequest((one) => sum(one.worker)),
  together: perRequest((one) => sum(one.proxy) + sum(one.worker)),
  perSecond: (one) => one.requests / one.seconds,
  /** What one core would do that had nothing else to do. */
  perSecondOfCore: ofProxy((one) => (one.requests * 1e6) / sum(one.proxy)),
  /** Share of a core. */
  busy: ofProxy((one) => sum(one.proxy) / (one.seconds * 1e6)),
  /** Milliseconds of CPU time a second that a gateway's other processes take. */
  others: (one) => sum(one.others) / (one.seconds * 1e3),
  /** Share of the proxy's cores that anything else used. */
  elsewhere: (one) => one.elsewhere / (one.seconds * 1e6),
  rss: ofProxy((one) => one.rssBytes),
  rssOverBase: (one) => one.rssBytes - one.rssBeforeBytes,
  p50: (one) => one.latency?.p50,
  p99: (one) => one.latency?.p99,
  p999: (one) => one.latency?.p999,
  lateP99: (one) => one.latency?.lateP99,
} satisfies Record<string, Figure>;

export interface Place {
  case: string;
  peer: PeerName;
  loop: Measurement["loop"];
}

export function valuesOf(results: Results, place: Place, figure: Figure): RoundValue[] {
  return results.measurements.flatMap((one) => {
    if (one.case !== place.case || one.peer !== place.peer || one.loop !== place.loop) return [];
    const value = figure(one);
    return value === undefined ? [] : [{ round: one.round, value }];
  });
}

export function figureOf(results: Results, place: Place, figure: Figure): Spread | undefined {
  return spreadOf(valuesOf(results, place, figure).map(({ value }) => value));
}

/** By pairs: of the same round, measured one directly after the other. */
export function ratioOf(results: Results, place: Place, to: Place, figure: Figure): Spread | undefined {
  return spreadOf(pairRatios(valuesOf(results, place, figure), valuesOf(results, to, figure)));
}
