import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Wakefulness } from "./wakefulness.ts";

function setUp(t: TestContext): { tab: Wakefulness; done: string[] } {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const done: string[] = [];
  const tab = new Wakefulness({ wake: () => done.push("wake"), sleep: () => done.push("sleep") });
  return { tab, done };
}

test("a tab that was opened in the background connects only when it is seen", (t) => {
  const { tab, done } = setUp(t);
  tab.look(false);
  t.mock.timers.tick(60_000);
  assert.deepEqual(done, ["sleep"]);
  assert.equal(tab.asleep, true);
  tab.look(true);
  assert.deepEqual(done, ["sleep", "wake"]);
});

test("a tab falls asleep when it was hidden for 30 s without a break", (t) => {
  const { tab, done } = setUp(t);
  tab.look(true);
  tab.look(false);
  t.mock.timers.tick(29_000);
  tab.look(true);
  tab.look(false);
  t.mock.timers.tick(29_000);
  assert.deepEqual(done, ["wake"]);
  t.mock.timers.tick(1_000);
  tab.look(true);
  assert.deepEqual(done, ["wake", "sleep", "wake"]);
});
