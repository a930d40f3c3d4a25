import assert from "node:assert/strict";
import { test } from "node:test";
import { isMet, limitAnswered, limitSent, newAdaptiveLimit, newSiblings } from "./adaptive-limit.ts";
import { considerTrust, isBeyondTrust, newTrust } from "./limit-siblings.ts";

test("without an alarm a worker gets any number; with one, twice what it has proven, for a second", () => {
  const trust = newTrust();
  const siblings = newSiblings();
  trust.proven = 20;
  considerTrust(trust, siblings, 1_000);
  assert.equal(trust.max, Infinity);
  siblings.alarmedAt = 1_000;
  considerTrust(trust, siblings, 1_999);
  assert.equal(trust.max, 40);
  considerTrust(trust, siblings, 2_000);
  assert.equal(trust.max, Infinity);
});

test("one that has proven nothing gets some all the same", () => {
  const trust = newTrust();
  considerTrust(trust, { ...newSiblings(), alarmedAt: 0 }, 0);
  assert.equal(trust.max, 16);
  assert.equal(isBeyondTrust(trust, 16), false);
  assert.equal(isBeyondTrust(trust, 17), true);
});

test("one that takes all that comes proves it step by step, while others have a limit", () => {
  const siblings = newSiblings();
  const limit = newAdaptiveLimit({ min: 2 }, siblings, 0);
  let now = 0;
  for (; limit.usual.learned < 8; now += 20) limitAnswered(limit, now, limitSent(limit, now), now + 20);
  const steps: number[] = [];
  for (const endsAt = now + 100; now < endsAt; now += 20) {
    siblings.alarmedAt = now;
    const sent: number[] = [];
    do sent.push(limitSent(limit, now));
    while (!isMet(limit));
    steps.push(sent.length);
    for (const ahead of sent) limitAnswered(limit, now, ahead, now + 20);
  }
  assert.deepEqual(steps, [16, 32, 64, 128, 256]);
});
