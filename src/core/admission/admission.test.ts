import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, type AdmissionFacts } from "./admission.ts";

const rules = { queue: { max: 2, waitMs: 1_000 }, noWorkerWaitMs: 500 };
const base: AdmissionFacts = {
  someCandidate: true,
  someFree: true,
  waiting: 0,
  someGivesWay: () => false,
  waitedMs: 0,
  leftMs: 30_000,
};

function outcome(facts: Partial<AdmissionFacts>): string {
  const admission = admit({ ...base, ...facts }, rules);
  if (admission.kind === "wait") return `wait ${admission.forMs}`;
  return admission.kind === "refuse" ? admission.problem : "forward";
}

const cases: [Partial<AdmissionFacts>, string][] = [
  [{}, "forward"],
  [{ waiting: 1 }, "wait 1000"],
  [{ waiting: 1, waitedMs: 5 }, "forward"],
  [{ someFree: false }, "wait 1000"],
  [{ someFree: false, waitedMs: 400, waiting: 2 }, "wait 600"],
  [{ someFree: false, waitedMs: 1_000 }, "queueTimeout"],
  [{ someFree: false, waiting: 2 }, "queueFull"],
  [{ someFree: false, waiting: 2, someGivesWay: () => true }, "wait 1000"],
  [{ leftMs: 0 }, "queueTimeout"],
  [{ someFree: false, leftMs: 300 }, "wait 300"],
  [{ someCandidate: false, someFree: false, leftMs: -1 }, "noLiveWorker"],
  [{ someCandidate: false, someFree: false }, "wait 500"],
  [{ someCandidate: false, someFree: false, waitedMs: 500 }, "noLiveWorker"],
  [{ someCandidate: false, someFree: false, waiting: 2 }, "noLiveWorker"],
];

for (const [facts, expected] of cases) {
  test(`${JSON.stringify(facts)}${facts.someGivesWay ? " (some give way)" : ""} -> ${expected}`, () =>
    assert.equal(outcome(facts), expected));
}

test("where nobody may wait, nobody gives way", () => {
  const admission = admit(
    { ...base, someFree: false, someGivesWay: () => true },
    { ...rules, queue: { max: 0, waitMs: 1_000 } },
  );
  assert.ok(admission.kind === "refuse" && admission.problem === "queueFull");
});

test("a refusal tells when to come again", () => {
  const refusal = admit({ ...base, someCandidate: false, someFree: false, waitedMs: 500 }, rules);
  assert.ok(refusal.kind === "refuse" && refusal.retryAfterSeconds >= 1);
});
