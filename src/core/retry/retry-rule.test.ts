import assert from "node:assert/strict";
import { test } from "node:test";
import { decideRetry, type TryFacts } from "./retry.ts";
import { type RetryRule, retryRule } from "./retry-rule.ts";

const sound: TryFacts = {
  failure: "reset",
  idempotent: true,
  repetition: false,
  knownUnstarted: false,
  answerBegan: false,
  answerForwarded: false,
  bodyReplayable: true,
  retries: 0,
  anotherWorker: true,
  deadlinePassed: false,
  routeRetries: true,
};

const rows: [Partial<TryFacts>, RetryRule][] = [
  [{}, "idempotent"],
  [{ failure: "refused", idempotent: false }, "never-sent"],
  [{ idempotent: false, knownUnstarted: true }, "unstarted"],
  [{ idempotent: false }, "not-idempotent"],
  [{ answerBegan: true }, "answer-began"],
  [{ answerForwarded: true }, "answer-began"],
  [{ failure: "head-timeout" }, "not-repeated-after-this"],
  [{ failure: "bad-answer" }, "not-repeated-after-this"],
  [{ bodyReplayable: false }, "body-gone"],
  [{ anotherWorker: false }, "no-other-worker"],
  [{ failure: "refused", anotherWorker: false }, "no-other-worker"],
  [{ deadlinePassed: true }, "deadline"],
  [{ routeRetries: false }, "route-forbids"],
  [{ repetition: true }, "repeated-before"],
  [{ repetition: true, failure: "refused" }, "never-sent"],
  [{ retries: 2 }, "retries-used"],
];

for (const [facts, rule] of rows) {
  test(`${JSON.stringify(facts)}: ${rule}`, () => {
    const all = { ...sound, ...facts };
    assert.equal(retryRule(all, decideRetry(all)), rule);
  });
}

test("whatever the facts: a rule that lets repeat goes with a repetition, and only with one", () => {
  const repeats = new Set<RetryRule>(["never-sent", "unstarted", "idempotent"]);
  const failures = [
    "refused",
    "connect-timeout",
    "untrusted",
    "reset",
    "stalled",
    "head-timeout",
    "bad-answer",
  ];
  for (let bits = 0; bits < 512; bits += 1) {
    const bit = (at: number): boolean => (bits & (1 << at)) !== 0;
    for (const failure of failures as TryFacts["failure"][]) {
      for (const retries of [0, 1, 2]) {
        const facts: TryFacts = {
          failure,
          retries,
          idempotent: bit(0),
          repetition: bit(8),
          knownUnstarted: bit(1),
          answerBegan: bit(2),
          answerForwarded: bit(3),
          bodyReplayable: bit(4),
          anotherWorker: bit(5),
          deadlinePassed: bit(6),
          routeRetries: bit(7),
        };
        const decision = decideRetry(facts);
        const rule = retryRule(facts, decision);
        assert.equal(repeats.has(rule), decision.kind === "retry", JSON.stringify({ facts, decision, rule }));
      }
    }
  }
});
