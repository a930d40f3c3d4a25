import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { priorities, type Priority } from "./priority.ts";
import { type Place, WaitingLine } from "./waiting-line.ts";

interface Person {
  name: string;
  priority: Priority;
  tenant: number;
}

/** `n1.2`: of the class normal, the tenant 1, its request 2. */
function person(name: string): Person {
  const priority = priorities.find((each) => each[0] === name[0]) ?? "normal";
  return { name, priority, tenant: Number(name.slice(1).split(".")[0]) };
}

function lineOf(names: string, now = 0): WaitingLine<Person> {
  const line = new WaitingLine<Person>(now);
  for (const name of names.split(" ")) line.join(person(name), now);
  return line;
}

function takeAll(line: WaitingLine<Person>, now: number): string {
  const taken: string[] = [];
  for (let place = line.next(now); place !== undefined; place = line.next(now)) {
    line.take(place, now);
    taken.push(place.item.name);
  }
  return taken.join(" ");
}

const burst = 50;
const standing = 500;

const orders: [string, string, number, string][] = [
  ["of one tenant the oldest goes first", "n1.1 n1.2 n1.3", burst, "n1.1 n1.2 n1.3"],
  ["in a standing line the newest does", "n1.1 n1.2 n1.3", standing, "n1.3 n1.2 n1.1"],
  ["tenants take turns", "n1.1 n1.2 n1.3 n2.1 n3.1 n2.2", burst, "n1.1 n2.1 n3.1 n1.2 n2.2 n1.3"],
  ["also in a standing line", "n1.1 n1.2 n1.3 n2.1", standing, "n1.3 n2.1 n1.2 n1.1"],
  ["class by class", "s1.1 n1.1 c1.1 n2.1 c2.1 s2.1", burst, "c1.1 c2.1 n1.1 n2.1 s1.1 s2.1"],
];

for (const [what, names, now, expected] of orders) {
  test(what, () => assert.equal(takeAll(lineOf(names), now), expected));
}

const victims: [string, string, string, number, string | undefined][] = [
  ["nobody, for one more of the only tenant", "n1.1 n1.2", "n1.3", burst, undefined],
  ["the oldest of its own, where the newest goes first", "n1.1 n1.2", "n1.3", standing, "n1.1"],
  ["the last of the greedy tenant", "n1.1 n1.2 n1.3 n2.1", "n2.2", burst, "n1.3"],
  [
    "the oldest of the greedy tenant, where the newest goes first",
    "n1.1 n1.2 n1.3",
    "n2.1",
    standing,
    "n1.1",
  ],
  ["nobody, for one more of the greedy tenant", "n1.1 n1.2 n1.3 n2.1", "n1.4", burst, undefined],
  ["nobody, for one that would then have the most", "n1.1 n2.1", "n1.2", burst, undefined],
  ["a lower class", "n1.1 s1.1 s1.2 s2.1", "n3.1", burst, "s1.2"],
  ["the lowest class", "n1.1 s1.1", "c1.1", burst, "s1.1"],
  ["never a higher class", "c1.1 c1.2 c1.3", "n2.1", burst, undefined],
];

for (const [what, names, comes, now, expected] of victims) {
  test(`${comes} comes to ${names}: gives way ${what}`, () => {
    assert.equal(lineOf(names).victim(person(comes), now)?.item.name, expected);
  });
}

test("who comes to a standing line waits for less long, but for some turns of all", () => {
  const line = lineOf("n1.1 n2.1 n1.2 n2.2 n1.3 n1.4 n1.5");
  assert.equal(line.patienceMs(1_000, burst), 1_000);
  for (const now of [10, 20, 30]) {
    const place = line.next(now);
    assert.ok(place !== undefined);
    line.take(place, now);
  }
  assert.equal(line.patienceMs(1_000, standing), 300);
  assert.equal(line.patienceMs(60, standing), 60);
  for (const now of [600, 1_200, 1_800]) {
    const place = line.next(now);
    assert.ok(place !== undefined);
    line.take(place, now);
  }
  const patience = line.patienceMs(10_000, 1_801);
  assert.ok(patience > 600 && patience < 2_400, String(patience));
});

test("a line that was empty begins anew", () => {
  const line = lineOf("n1.1 n1.2");
  takeAll(line, standing);
  line.join(person("n1.3"), standing);
  assert.equal(line.stands(standing + burst), false);
});

test("whoever joins is taken or leaves, once; the longest flow is known", () => {
  const step = fc.oneof(
    fc.record({ join: fc.nat({ max: 3 }), priority: fc.constantFrom(...priorities) }),
    fc.constant("take" as const),
    fc.nat({ max: 30 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.boolean(), (steps, stands) => {
      const line = new WaitingLine<Person>(0);
      const now = stands ? standing : 0;
      const places: Place<Person>[] = [];
      const inside = new Set<Person>();
      for (const each of steps) {
        if (each === "take") {
          const place = line.next(now);
          assert.equal(place === undefined, inside.size === 0);
          if (place === undefined) continue;
          const best = Math.min(...[...inside].map(({ priority }) => priorities.indexOf(priority)));
          assert.equal(priorities.indexOf(place.item.priority), best);
          line.take(place, now);
          assert.ok(inside.delete(place.item));
        } else if (typeof each === "number") {
          const place = places[each];
          if (place === undefined) continue;
          line.leave(place);
          inside.delete(place.item);
        } else {
          const one = { name: "", priority: each.priority, tenant: each.join };
          checkVictim(line, one, inside, now);
          places.push(line.join(one, 0));
          inside.add(one);
        }
        assert.equal(line.length, inside.size);
      }
    }),
  );
});

function checkVictim(line: WaitingLine<Person>, comes: Person, inside: Set<Person>, now: number): void {
  const victim = line.victim(comes, now)?.item;
  if (victim === undefined) return;
  assert.ok(inside.has(victim));
  assert.ok(priorities.indexOf(victim.priority) >= priorities.indexOf(comes.priority));
  const count = (tenant: number): number =>
    [...inside].filter((each) => each.priority === victim.priority && each.tenant === tenant).length;
  for (const { priority, tenant } of inside) {
    if (priority === victim.priority && victim.priority !== comes.priority)
      assert.ok(count(victim.tenant) >= count(tenant));
  }
}
