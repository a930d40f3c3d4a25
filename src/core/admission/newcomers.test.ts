import assert from "node:assert/strict";
import { test } from "node:test";
import { Newcomers } from "./newcomers.ts";

test("the oldest of who has the most gives way, to those alone who would still have fewer", () => {
  const newcomers = new Newcomers<string>();
  for (const name of ["a1", "a2", "a3", "b1"]) newcomers.add(name[0]!, name);
  assert.equal(newcomers.inPlaceOf("a"), undefined);
  assert.equal(newcomers.inPlaceOf("b"), "a1");
  newcomers.delete("a1");
  newcomers.delete("a1");
  assert.equal(newcomers.inPlaceOf("b"), undefined, "both would have two");
  assert.equal(newcomers.inPlaceOf("c"), "a2");
  newcomers.delete("a3");
  assert.equal(newcomers.inPlaceOf("c"), undefined);
  for (const name of ["a2", "b1"]) newcomers.delete(name);
  assert.equal(newcomers.size, 0);
  newcomers.add("a", "a4");
  assert.equal(newcomers.inPlaceOf("b"), undefined);
});

test("whatever comes and goes, who is named is one of who has the most", () => {
  const newcomers = new Newcomers<number>();
  const by = new Map<string, number[]>();
  for (let step = 0; step < 2_000; step += 1) {
    const holder = `h${(step * 7919) % 5}`;
    const all = by.get(holder) ?? [];
    by.set(holder, all);
    if ((step * 104_729) % 11 < 6) {
      newcomers.add(holder, step);
      all.push(step);
    } else newcomers.delete(all.splice(step % (all.length || 1), 1)[0] ?? -1);
    const most = Math.max(...Array.from(by.values(), (each) => each.length));
    const given = newcomers.inPlaceOf("new");
    const oldest = [...by.values()].filter((each) => each.length === most).map(([first]) => first);
    assert.ok(most <= 1 ? given === undefined : oldest.includes(given), `step ${step}`);
  }
});
