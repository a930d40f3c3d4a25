import assert from "node:assert/strict";
import { test } from "node:test";
import { chartData, type Moment } from "./chart-data.ts";

const moment = (at: number, perSecond: number): Moment => ({
  at,
  traffic: { perSecond, errorShare: 0, p50Ms: undefined, p99Ms: undefined, inFlight: 0 },
});

test("no line is drawn over time of which nothing is known", () => {
  const moments = [moment(1_000, 5), moment(2_000, 6), moment(5_000, 7), moment(65_000, 8)];
  assert.deepEqual(chartData(moments, [({ traffic }) => traffic.perSecond, ({ traffic }) => traffic.p99Ms]), [
    [1, 2, 5, 64.999, 65],
    [5, 6, 7, null, 8],
    [null, null, null, null, null],
  ]);
});
