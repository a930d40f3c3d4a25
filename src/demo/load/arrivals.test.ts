import assert from "node:assert/strict";
import { test } from "node:test";
import { arrivalAt, arrivalsDue } from "./arrivals.ts";

const schedule = { startAt: 100, perSecond: 400, postShare: 0.2, freshShare: 0.1 };

test("arrivals are evenly spaced, with exactly the asked shares", () => {
  const arrivals = Array.from({ length: 400 }, (_, index) => arrivalAt(schedule, index));
  assert.equal(arrivals[0]?.at, 100);
  assert.equal(arrivals[399]?.at, 100 + 399 * 2.5);
  assert.equal(arrivals.filter((arrival) => arrival.method === "POST").length, 80);
  assert.equal(arrivals.filter((arrival) => arrival.fresh).length, 40);
  assert.ok(arrivals.some((arrival) => arrival.fresh && arrival.method === "GET"));
});

test("what is due is what is scheduled up to now", () => {
  assert.equal(arrivalsDue(schedule, 99), 0);
  assert.equal(arrivalsDue(schedule, 100), 1);
  assert.equal(arrivalsDue(schedule, 102.4), 1);
  assert.equal(arrivalsDue(schedule, 102.5), 2);
  assert.equal(arrivalsDue(schedule, 1100), 401);
});
