import assert from "node:assert/strict";
import { test } from "node:test";
import {
  avoidance,
  type EndpointState,
  lost,
  openEndpoint,
  probeDue,
  probeFailed,
  probeUnasked,
  probing,
} from "./endpoint.ts";

test("a loss is avoided for a moment, however many requests met it", () => {
  const once = lost(openEndpoint, 1000, 0);
  assert.deepEqual(once, { kind: "avoided", times: 1, until: 1050 });
  assert.equal(lost(once, 1010, 0), once);
  assert.equal(probeDue(once, 1049), false);
  assert.equal(probeDue(once, 1050), true);
});

test("each probe that fails makes the time longer, up to a bound", () => {
  const waits: number[] = [];
  let state: EndpointState = lost(openEndpoint, 0, 1);
  let now = 0;
  for (let round = 0; round < 9; round += 1) {
    assert.equal(state.kind, "avoided");
    if (state.kind === "avoided") {
      waits.push(state.until - now);
      now = state.until;
    }
    state = probeFailed(probing(state), now, 1);
  }
  assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 6400, avoidance.maxMs, avoidance.maxMs]);
});

test("a probe that could not be made leaves the time as it was", () => {
  const twice = probeFailed(probing(lost(openEndpoint, 0, 1)), 100, 1);
  assert.deepEqual(probeUnasked(probing(twice), 300, 1), { kind: "avoided", times: 2, until: 500 });
  assert.equal(probeUnasked(openEndpoint, 300, 1), openEndpoint);
});

test("what is open is neither probed nor moved by an old probe's failure", () => {
  assert.equal(probeDue(openEndpoint, 1e9), false);
  assert.equal(probing(openEndpoint), openEndpoint);
  assert.equal(probeFailed(openEndpoint, 5, 0), openEndpoint);
});
