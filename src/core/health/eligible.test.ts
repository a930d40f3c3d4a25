import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { afterTable, eligible } from "./eligible.ts";
import type { HealthView, TableState } from "./grade.ts";
import {
  afterConnectTimeout,
  afterFailure,
  afterRefused,
  afterStall,
  type LocalHealth,
  newHealth,
} from "./health.ts";

const table: Record<string, TableState> = {
  live: { kind: "live" },
  draining: { kind: "draining" },
  unchecked: { kind: "suspect", cause: "not-checked", strength: "soft" },
  lost: { kind: "suspect", cause: "session-lost", strength: "soft" },
  refused: { kind: "suspect", cause: "refused", strength: "hard" },
  stalled: { kind: "suspect", cause: "stalled", strength: "soft" },
  blocked: { kind: "suspect", cause: "blocked", strength: "soft" },
};

function health(word: string, now: number): LocalHealth {
  let state = newHealth(now);
  if (word === "refused") return afterRefused(state, now);
  if (word === "stalled") return afterStall(state, now);
  if (word === "slow") return afterConnectTimeout(state, now);
  if (word === "failing") for (let step = 0; step < 5; step += 1) state = afterFailure(state, now);
  return state;
}

/** A worker as `name table/local[@time]`; in brackets it is parked. */
function view(text: string): HealthView & { name: string } {
  const [name = "", spec = ""] = text.replace(/[()]/g, "").split(" ");
  const weight = text.startsWith("(") ? 0 : 1;
  const [tableWord = "", localWord = "ok"] = spec.split("/");
  const [word = "ok", time = "0"] = localWord.split("@");
  const state = table[tableWord];
  assert.ok(state !== undefined, text);
  return { name, state, weight, health: health(word, Number(time)) };
}

const names = (views: readonly { name: string }[]): string => views.map(({ name }) => name).join(" ");

const cases: [string, string, string][] = [
  ["all live", "a live, b live", "a b"],
  ["draining and unchecked get nothing", "a live, b draining, c unchecked", "a"],
  ["not even when they are all there is", "b draining, c unchecked", ""],
  ["suspect at the table or here: out", "a live, b lost, c live, d live/failing", "a c"],
  ["hard at the table and locally", "a live, b refused, c live/refused, d live", "a d"],
  [
    "soft takes at most half, the latest stays in",
    "a live, b live, c live/failing@1, d live/slow@2, e live/slow@3",
    "a b e",
  ],
  ["a single worker is never taken out softly", "a live/failing", "a"],
  ["panic: soft does not count", "a live, b lost, c live/failing, d refused", "a b c"],
  ["panic: the mute stay out while there is another", "a live, b live/stalled, c refused", "a"],
  ["blocked is mute", "a live, b blocked, c refused", "a"],
  ["nobody else left: the mute", "a live/stalled, b refused", "a"],
  ["the parked get nothing", "a live, (b live), c live", "a c"],
  ["the last that is not parked is never taken out softly", "a live/failing, (b live), (c live)", "a"],
  ["nor where it is mute", "a live/stalled, (b live)", "a"],
  [
    "of those that are not parked at most half",
    "a live, b live/failing@1, c live/failing@2, (d live), (e live)",
    "a c",
  ],
  ["hard evidence is never overridden", "a refused, b live/refused", ""],
];

for (const [name, workers, expected] of cases) {
  test(`${name}: ${workers} -> ${expected || "nobody"}`, () => {
    assert.equal(names(eligible(workers.split(", ").map(view))), expected);
  });
}

test("whoever is chosen is sound enough; nobody is chosen only when all are hard out or apart", () => {
  const any = fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(table)),
      fc.constantFrom("ok", "refused", "stalled", "failing", "slow"),
      fc.boolean(),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(any, (specs) => {
      const views = specs.map(([state, local, parked], at) =>
        view(parked ? `(${at} ${state}/${local})` : `${at} ${state}/${local}`),
      );
      const isHard = (each: HealthView): boolean =>
        (each.state.kind === "suspect" && each.state.strength === "hard") ||
        (each.health.kind === "out" && each.health.cause === "refused");
      const isApart = (each: HealthView): boolean =>
        each.weight === 0 || each.state === table["draining"] || each.state === table["unchecked"];
      const workers = eligible(views);
      assert.ok(workers.every((each) => !isHard(each) && !isApart(each)));
      const possible = views.some((each) => !isHard(each) && !isApart(each));
      assert.equal(workers.length > 0, possible);
      const sound = views.filter(
        (each) => each.weight > 0 && each.state.kind === "live" && each.health.kind === "ok",
      );
      assert.ok(sound.every((each) => workers.includes(each)));
    }),
  );
});

test("news of the table change first-hand evidence, repetition does not", () => {
  const live: TableState = { kind: "live" };
  const stalled: TableState = { kind: "suspect", cause: "stalled", strength: "soft" };
  const ok = newHealth(0);
  const mute = afterTable(ok, live, stalled, 7);
  assert.ok(mute.kind === "out" && mute.cause === "stalled" && mute.until === 5_007);
  assert.equal(afterTable(ok, stalled, stalled, 7), ok);
  assert.equal(afterTable(mute, live, live, 8), mute, "the controllers may not know yet what this proxy saw");
  assert.equal(afterTable(mute, stalled, live, 9).kind, "ok");
  const failing: TableState = { kind: "suspect", cause: "failing", strength: "soft" };
  const out = health("failing", 7);
  assert.equal(afterTable(out, failing, live, 9), out, "that fades by time, and nobody has seen an answer");
});
