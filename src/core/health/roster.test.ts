import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { eligible } from "./eligible.ts";
import type { HealthView, TableState } from "./grade.ts";
import { afterConnectTimeout, afterRefused, afterStall, type LocalHealth, newHealth } from "./health.ts";
import { Roster } from "./roster.ts";

/** A worker that counts how often somebody looks at it. */
class Counted implements HealthView {
  looks = 0;
  weight = 1;
  tableState: TableState = { kind: "live" };
  ownHealth: LocalHealth = newHealth(0);

  get state(): TableState {
    this.looks += 1;
    return this.tableState;
  }

  get health(): LocalHealth {
    return this.ownHealth;
  }
}

/** What the roster chose, and how often it changed its mind. */
class Choice {
  readonly chosen = new Set<Counted>();
  changes = 0;

  add(worker: Counted): void {
    this.changes += 1;
    assert.ok(!this.chosen.has(worker), "added twice");
    this.chosen.add(worker);
  }

  remove(worker: Counted): void {
    this.changes += 1;
    assert.ok(this.chosen.delete(worker), "removed without being there");
  }
}

const states: readonly TableState[] = [
  { kind: "live" },
  { kind: "draining" },
  { kind: "suspect", cause: "not-checked", strength: "soft" },
  { kind: "suspect", cause: "session-lost", strength: "soft" },
  { kind: "suspect", cause: "refused", strength: "hard" },
  { kind: "suspect", cause: "blocked", strength: "soft" },
];
const healths = [newHealth, afterRefusedAt, afterStallAt, afterTimeoutAt];

function afterRefusedAt(now: number): LocalHealth {
  return afterRefused(newHealth(now), now);
}

function afterStallAt(now: number): LocalHealth {
  return afterStall(newHealth(now), now);
}

function afterTimeoutAt(now: number): LocalHealth {
  return afterConnectTimeout(newHealth(now), now);
}

/** Out by what the table says: the order among these is that of the news, which a new roster cannot know. */
function outByTable(one: Counted): boolean {
  return (
    one.ownHealth.kind === "ok" && one.tableState.kind === "suspect" && one.tableState.strength === "soft"
  );
}

test("after any changes it has chosen those that a new one chooses", () => {
  const change = fc.record({
    at: fc.nat(11),
    state: fc.constantFrom(...states),
    health: fc.constantFrom(...healths),
    gone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const choice = new Choice();
      const roster = new Roster<Counted>(choice);
      const workers = Array.from({ length: 12 }, () => new Counted());
      const inside = new Set<Counted>();
      for (const [now, { at, state, health, gone }] of changes.entries()) {
        const worker = workers[at] ?? new Counted();
        worker.tableState = state;
        worker.ownHealth = health(now);
        if (gone) inside.delete(worker);
        else inside.add(worker);
        if (gone) roster.delete(worker);
        else roster.set(worker);
        const expected = new Set(eligible([...inside]));
        assert.equal(choice.chosen.size, expected.size);
        for (const one of inside)
          assert.ok(outByTable(one) || choice.chosen.has(one) === expected.has(one), JSON.stringify(one));
      }
    }),
  );
});

/** Workers go out and come back, one after the other; how often any worker is looked at, and chosen or not. */
function workOfChanges(size: number, changes: number): { looks: number; choices: number } {
  const choice = new Choice();
  const roster = new Roster<Counted>(choice);
  const workers = Array.from({ length: size }, () => new Counted());
  for (const worker of workers) roster.set(worker);
  choice.changes = 0;
  for (const worker of workers) worker.looks = 0;
  for (let step = 0; step < changes; step += 1) {
    const worker = workers[(step * 7) % size] ?? new Counted();
    worker.ownHealth = step % 2 === 0 ? afterTimeoutAt(step) : newHealth(step);
    worker.tableState = states[step % 3 === 0 ? 3 : 0] ?? worker.tableState;
    roster.set(worker);
  }
  return { looks: workers.reduce((sum, worker) => sum + worker.looks, 0), choices: choice.changes };
}

test("the change of one worker of 10,000 is as much work as that of one of 10", () => {
  const changes = 1_000;
  const few = workOfChanges(10, changes);
  const many = workOfChanges(10_000, changes);
  assert.equal(many.looks, changes);
  assert.equal(few.looks, changes);
  assert.ok(many.choices <= 2 * changes, `${many.choices} choices for ${changes} changes`);
});

test("10,000 going out one after the other: each is put in and out a few times at most", () => {
  const choice = new Choice();
  const roster = new Roster<Counted>(choice);
  const workers = Array.from({ length: 10_000 }, () => new Counted());
  for (const worker of workers) roster.set(worker);
  choice.changes = 0;
  for (const [now, worker] of workers.entries()) {
    worker.ownHealth = afterTimeoutAt(now);
    roster.set(worker);
  }
  assert.equal(choice.chosen.size, 5_000);
  assert.ok(choice.changes <= 30_000, `${choice.changes}`);
});
