import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Candidate } from "./candidate.ts";
import { hashText } from "./hash.ts";
import type { KeyIndex } from "./key-index.ts";
import { newLatency } from "./latency.ts";
import { Maglev } from "./maglev.ts";
import { Rendezvous } from "./rendezvous.ts";
import { RingHash } from "./ring-hash.ts";

const keys = Array.from({ length: 4_000 }, (_, at) => hashText(`key ${at}`));

function worker(id: string, weight = 1): Candidate {
  return { id, weight, liveSince: 0, inFlight: 0, latency: newLatency(0) };
}

const some = (count: number, weight?: number): Candidate[] =>
  Array.from({ length: count }, (_, at) => worker(`10.0.0.${at}:8080`, weight));

interface Kind {
  name: string;
  make: () => KeyIndex<Candidate>;
  /** Of 4,000 keys over equals: the least and the most of a worker, in proportion to its share. */
  spread: number;
  /** Of the keys of workers that stay: at most this share moves when another goes. */
  disturbed: number;
}

const kinds: Kind[] = [
  { name: "rendezvous", make: () => new Rendezvous(), spread: 0.15, disturbed: 0.03 },
  { name: "ring-hash", make: () => new RingHash(), spread: 0.3, disturbed: 0 },
  { name: "maglev", make: () => new Maglev(), spread: 0.15, disturbed: 0.05 },
];

function filled(make: Kind["make"], workers: readonly Candidate[]): KeyIndex<Candidate> {
  const index = make();
  for (const each of workers) index.add(each);
  return index;
}

const answers = (index: KeyIndex<Candidate>): (string | undefined)[] =>
  keys.map((key) => index.find(key)?.id);

function sharesOf(index: KeyIndex<Candidate>): Map<string, number> {
  const shares = new Map<string, number>();
  for (const id of answers(index)) shares.set(id ?? "", (shares.get(id ?? "") ?? 0) + 1 / keys.length);
  return shares;
}

for (const { name, make, spread, disturbed } of kinds) {
  test(`${name}: nobody is there`, () => {
    const index = make();
    assert.equal(index.find(7), undefined);
    const [one] = some(1) as [Candidate];
    index.add(one);
    assert.equal(index.find(7), one);
    index.setAside(one);
    assert.equal(index.find(7), undefined);
    index.remove(one);
    assert.equal(index.find(7), undefined);
  });

  test(`${name}: equals share the keys evenly, others by weight`, () => {
    for (const share of sharesOf(filled(make, some(8))).values()) {
      assert.ok(Math.abs(share * 8 - 1) < spread, String(share * 8));
    }
    const unequal = [worker("a", 6), worker("b", 3), worker("c", 1)];
    const shares = sharesOf(filled(make, unequal));
    for (const { id, weight } of unequal) {
      const share = (shares.get(id) ?? 0) / (weight / 10);
      assert.ok(Math.abs(share - 1) < spread, `${id}: ${share}`);
    }
  });

  test(`${name}: the order of coming does not matter, nor who was there before`, () => {
    const workers = [...some(9), worker("heavy", 4), worker("light", 0.3)];
    const expected = answers(filled(make, workers));
    assert.deepEqual(answers(filled(make, workers.toReversed())), expected);
    const gone = some(40, 2).map((each) => worker(`gone ${each.id}`, 2));
    const index = filled(make, [...gone, ...workers]);
    for (const each of gone) index.remove(each);
    assert.deepEqual(answers(index), expected);
  });

  test(`${name}: who goes gives away its own keys, and few others move`, () => {
    const workers = some(20);
    const index = filled(make, workers);
    const before = answers(index);
    const [gone] = workers as [Candidate];
    index.remove(gone);
    const after = answers(index);
    const stayed = before.map((id, at) => ({ id, after: after[at] })).filter(({ id }) => id !== gone.id);
    const moved = stayed.filter((each) => each.id !== each.after).length;
    assert.ok(moved <= disturbed * stayed.length, `${moved} of ${stayed.length}`);
    // What it had is spread over many, not given to one.
    const heirs = new Set(after.filter((_, at) => before[at] === gone.id));
    assert.ok(heirs.size > 10, `${heirs.size} heirs`);
  });

  test(`${name}: who is set aside loses its keys alone, and gets the same ones back`, () => {
    const workers = some(12);
    const index = filled(make, workers);
    const before = answers(index);
    const aside = workers.slice(0, 5);
    for (const each of aside) index.setAside(each);
    const names = new Set(aside.map(({ id }) => id));
    for (const [at, id] of answers(index).entries()) {
      assert.ok(id !== undefined && !names.has(id));
      if (!names.has(before[at] ?? "")) assert.equal(id, before[at]);
    }
    for (const each of aside) index.bringBack(each);
    assert.deepEqual(answers(index), before);
  });

  test(`${name}: with all but one set aside, every key finds that one`, () => {
    const workers = some(300);
    const index = filled(make, workers);
    for (const each of workers.slice(1)) index.setAside(each);
    assert.deepEqual(new Set(answers(index)), new Set([workers[0]?.id]));
  });
}

test("whatever came and went, rendezvous and ring say what new ones say", () => {
  const change = fc.record({
    at: fc.nat(11),
    what: fc.constantFrom("add", "remove", "set aside", "bring back"),
  });
  for (const { make } of kinds.slice(0, 2)) {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const workers = some(12).map((each, at) => worker(each.id, [1, 1, 2, 0.1][at % 4]));
        const index = make();
        const inside = new Set<Candidate>();
        const aside = new Set<Candidate>();
        for (const { at, what } of changes) {
          const one = workers[at] as Candidate;
          if (what === "add" && !inside.has(one)) index.add(one);
          if (what === "add") inside.add(one);
          if (what === "remove" && inside.delete(one)) index.remove(one);
          if (what === "remove") aside.delete(one);
          if (what === "set aside" && inside.has(one)) index.setAside(one);
          if (what === "set aside" && inside.has(one)) aside.add(one);
          if (what === "bring back" && aside.delete(one)) index.bringBack(one);
        }
        const anew = filled(make, [...inside]);
        for (const each of aside) anew.setAside(each);
        for (const key of keys.slice(0, 100)) assert.equal(index.find(key)?.id, anew.find(key)?.id);
      }),
      { numRuns: 60 },
    );
  }
});
