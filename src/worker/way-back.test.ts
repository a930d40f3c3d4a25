import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "./backoff.ts";
import { WayBack } from "./way-back.ts";

const door = "http://127.0.0.1:7600";
const own = "http://127.0.0.1:7001";
const everywhere = `${door} ${own}`;

function setUp(seeds = [door]) {
  const way = new WayBack({ random: () => 0.5, seeds: () => seeds });
  return { way, looks: () => way.urls([own]).join(" ") };
}

test("at its start a worker looks everywhere and at once, and what fails there changes nothing", () => {
  const { way, looks } = setUp();
  way.lost(door);
  assert.deepEqual([looks(), way.delayMs()], [everywhere, 0]);
});

test("after the last session the seeds alone, each after its own moment, until one has failed", () => {
  const { way, looks } = setUp();
  way.welcomed();
  way.lost(door);
  assert.deepEqual([looks(), way.delayMs()], [door, backoffMs.first / 2], "what was lost here is no attempt");
  way.lost(own);
  assert.equal(looks(), door);
  way.lost(door);
  assert.equal(looks(), everywhere);
});

test("of several seeds all must have failed", () => {
  const other = "http://127.0.0.2:7600";
  const { way, looks } = setUp([door, other]);
  way.welcomed();
  way.lost(own);
  way.lost(other);
  way.lost(other);
  assert.equal(looks(), `${door} ${other}`);
  way.lost(door);
  assert.equal(looks(), `${door} ${other} ${own}`);
});

test("after a welcome the next loss begins anew", () => {
  const { way, looks } = setUp();
  way.welcomed();
  way.lost(own);
  way.lost(door);
  assert.equal(looks(), everywhere);
  way.welcomed();
  way.lost(own);
  assert.equal(looks(), door);
});
