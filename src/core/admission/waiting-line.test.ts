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

const burst = 450;
const standing = 500;

/** One of a line goes each 400 ms, and nobody may wait for more than `waitMs`: 10 ms at `standing`. */
function lineOf(names: string, now: number): WaitingLine<Person> {
  const line = new WaitingLine<Person>(now === standing ? 10 : 10_000, 0);
  const first = line.join(person("n99.1"), 0);
  const second = line.join(person("n99.2"), 0);
  line.take(first, 400);
  for (const name of names.split(" ")) line.join(person(name), 400);
  line.leave(second);
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

const orders: [string, string, number, string][] = [
  ["of one tenant the oldest goes first", "n1.1 n1.2 n1.3", burst, "n1.1 n1.2 n1.3"],
  ["in a standing line the newest does", "n1.1 n1.2 n1.3", standing, "n1.3 n1.2 n1.1"],
  ["tenants take turns", "n1.1 n1.2 n1.3 n2.1 n3.1 n2.2", burst, "n1.1 n2.1 n3.1 n1.2 n2.2 n1.3"],
  ["also in a standing line", "n1.1 n1.2 n1.3 n2.1", standing, "n1.3 n2.1 n1.2 n1.1"],
  ["class by class", "s1.1 n1.1 c1.1 n2.1 c2.1 s2.1", burst, "c1.1 c2.1 n1.1 n2.1 s1.1 s2.1"],
];

for (const [what, names, now, expected] of orders) {
  test(what, () => assert.equal(takeAll(lineOf(names, now), now), expected));
}

test("how many of a class wait", () => {
  const line = lineOf("n1.1 n2.1 c1.1", burst);
  const lengths = (): number[] => priorities.map((each) => line.lengthOf(each));
  assert.deepEqual(lengths(), [1, 2, 0]);
  takeAll(line, burst);
  assert.deepEqual(lengths(), [0, 0, 0]);
});

test("as soon as somebody has waited in vain the newest goes first, until that is long ago", () => {
  const line = lineOf("n1.1 n1.2 n1.3 n1.4", burst);
  const oldest = line.next(burst);
  assert.equal(oldest?.item.name, "n1.1");
  if (oldest !== undefined) line.giveUp(oldest, burst);
  assert.equal(line.next(burst)?.item.name, "n1.4");
  assert.equal(line.next(burst + line.waitMs - 1)?.item.name, "n1.4");
  assert.equal(line.next(burst + line.waitMs)?.item.name, "n1.2");
});

test("who had waited in vain before the line was empty tells nothing of those who came since", () => {
  const line = new WaitingLine<Person>(10_000, 0);
  line.giveUp(line.join(person("n1.1"), 0), 900);
  line.join(person("n1.2"), 1_000);
  line.join(person("n1.3"), 1_000);
  assert.equal(line.next(1_400)?.item.name, "n1.2");
});

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
    assert.equal(lineOf(names, now).victim(person(comes), now)?.item.name, expected);
  });
}

test("who comes to a standing line waits for less long, but for some turns of all", () => {
  assert.equal(lineOf("n1.1", burst).patienceMs(burst), 10_000);
  const line = lineOf("n1.1 n2.1 n1.2", standing);
  // One goes each 50 ms, as far as is known: 150 ms for all of them.
  assert.equal(line.patienceMs(standing), 10);
  line.waitMs = 280;
  assert.equal(line.patienceMs(standing), 280, "four turns of both");
  line.waitMs = 310;
  assert.equal(line.stands(standing), false);
});

test("a line that was empty begins anew", () => {
  const line = lineOf("n1.1 n1.2", standing);
  takeAll(line, standing);
  line.join(person("n1.3"), standing);
  assert.equal(line.stands(standing + 50), false);
});

test("whoever joins is taken or leaves, once; the longest flow is known", () => {
  const step = fc.oneof(
    fc.record({ join: fc.nat({ max: 3 }), priority: fc.constantFrom(...priorities) }),
    fc.constant("take" as const),
    fc.nat({ max: 30 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.boolean(), (steps, stands) => {
      const line = new WaitingLine<Person>(stands ? 0 : 1_000, 0);
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
