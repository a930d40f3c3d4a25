import type { RequestRecord } from "../../../src/demo/load/record.ts";

/** For how long nothing was served: the longest time between two good answers that follow each other, from a time on. */
export function gapMs(records: readonly RequestRecord[], from: number): number {
  const good = records
    .filter(({ outcome, endedAt }) => outcome.kind === "answered" && outcome.status < 400 && endedAt >= from)
    .map(({ endedAt }) => endedAt)
    .sort((one, other) => one - other);
  let longest = 0;
  let last = from;
  for (const at of good) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}
