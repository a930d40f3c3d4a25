import type { Traffic } from "../../../src/protocol/live/traffic.ts";

export interface Moment {
  at: number;
  traffic: Traffic;
}

export type Value = (moment: Moment) => number | undefined;

/** Moments come each second: between two that lie further apart nothing is known. */
const gapMs = 3_000;

/** Times in seconds, and for each line its values. An empty moment ends each gap, over which no line is drawn. */
export function chartData(
  moments: readonly Moment[],
  lines: readonly Value[],
): [number[], ...(number | null)[][]] {
  const shown = moments.flatMap((moment, at) => {
    const before = moments[at - 1];
    const isAfterGap = before !== undefined && moment.at - before.at > gapMs;
    return isAfterGap
      ? [
          { at: moment.at - 1, moment: undefined },
          { at: moment.at, moment },
        ]
      : [{ at: moment.at, moment }];
  });
  return [
    shown.map(({ at }) => at / 1_000),
    ...lines.map((value) => shown.map(({ moment }) => (moment && value(moment)) ?? null)),
  ];
}
