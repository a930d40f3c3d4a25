import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../runtime/logger.ts";
import { placesIn } from "../runtime/places.ts";
import { KeptChildren } from "./kept-children.ts";
import { readChildren } from "./state-directory.ts";
import { PlanRun } from "./testing-plan.ts";

test("a list that could not be written is written as soon as it can be, and complained of once", (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-kept-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const complaints: string[] = [];
  const logger = { ...silentLogger, error: (_: unknown, message: string) => complaints.push(message) };
  const kept = new KeptChildren(placesIn(state), { now: () => 0 }, logger);
  const run = new PlanRun({ want: { proxy: 1, controller: 0 } });
  run.send({ t: "tick" });
  run.settle();
  kept.keep(run.plan);
  const pids = (): (number | undefined)[] =>
    readChildren(placesIn(state))?.children.map(({ pid }) => pid) ?? [];
  const before = pids();
  // In its way, as a full disk would be.
  const obstacle = join(state, "children.json.new");
  mkdirSync(obstacle);
  run.exit("proxy-1");
  kept.keep(run.plan);
  kept.keep(run.plan);
  assert.deepEqual(pids(), before);
  rmSync(obstacle, { recursive: true });
  kept.keep(run.plan);
  assert.deepEqual(pids(), [run.plan.children[0]?.identity?.pid]);
  assert.notDeepEqual(pids(), before);
  assert.deepEqual(complaints, ["the list of processes cannot be written; it is tried again"]);
});
