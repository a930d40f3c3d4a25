import assert from "node:assert/strict";
import { test } from "node:test";
import type { Presence } from "../protocol/presence.ts";
import { patienceMs, Unmet } from "./unmet.ts";

function presenceOf(name: string, controller: string): Presence {
  return { controller, name, gateway: "b", host: "h2", url: "https://10.0.0.2:7601", key: "k", clock: 1 };
}

/** Dials twice a second, all with the same end, for so long; what is warned of, with the seconds. */
function setUp() {
  let now = 0;
  const warned: string[] = [];
  const logger = {
    warn(fields: { peer?: string; url?: string; reason?: string }) {
      warned.push(`${now / 1_000} ${fields.peer} ${fields.url} ${fields.reason}`);
    },
  };
  const unmet = new Unmet({ now: () => now }, logger);
  const dials = (others: readonly Presence[], failure: string | undefined, forMs: number): string[] => {
    for (const end = now + forMs; now < end; now += 500) {
      for (const other of others) unmet.dialled(other, failure, others);
    }
    return warned.splice(0);
  };
  return { dials };
}

const one = presenceOf("b/controller-1", "life-1");

test("who cannot be met for longer than a record outlives its controller is told of, with the reason, once a minute", () => {
  const { dials } = setUp();
  const told = (second: number, reason: string) => `${second} b/controller-1 https://10.0.0.2:7601 ${reason}`;
  assert.deepEqual(dials([one], "refused", patienceMs), []);
  assert.deepEqual(dials([one], "refused", 65_000), [told(15, "refused"), told(75, "refused")]);
  assert.deepEqual(dials([one], "silent", 1_000), [told(80, "silent")]);
  assert.deepEqual(dials([one], undefined, 1_000), [], "it was met");
  assert.deepEqual(dials([one], "refused", patienceMs), []);
});

test("each is told of; a next life is given its time again", () => {
  const { dials } = setUp();
  const two = presenceOf("b/controller-2", "life-2");
  assert.deepEqual(dials([one, two], "refused", patienceMs), []);
  assert.deepEqual(
    dials([one, two], "refused", 10_000).map((line) => line.split(" ")[1]),
    ["b/controller-1", "b/controller-2"],
  );
  const next = presenceOf("b/controller-1", "life-3");
  assert.deepEqual(dials([next], "no answer", patienceMs), []);
  assert.equal(dials([next], "no answer", 500).length, 1);
});
