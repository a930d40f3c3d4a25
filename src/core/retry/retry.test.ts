import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decideRetry, isIdempotent, type TryFacts, type TryFailure } from "./retry.ts";

const base: TryFacts = {
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

function outcome(facts: Partial<TryFacts>): string {
  const decision = decideRetry({ ...base, ...facts });
  if (decision.kind === "retry") return decision.counted ? "retry" : "retry uncounted";
  return decision.kind === "answer" ? decision.problem : decision.kind;
}

const cases: [Partial<TryFacts>, string][] = [
  [{ failure: "refused" }, "retry uncounted"],
  [{ failure: "refused", idempotent: false }, "retry uncounted"],
  [{ failure: "refused", idempotent: false, retries: 1 }, "retry uncounted"],
  [{ failure: "refused", idempotent: false, routeRetries: false }, "retry uncounted"],
  [{ failure: "refused", anotherWorker: false }, "workerRefused"],
  [{ failure: "refused", deadlinePassed: true }, "workerRefused"],
  [{ failure: "refused", bodyReplayable: false }, "workerRefused"],
  [{ failure: "connect-timeout", idempotent: false }, "retry uncounted"],
  [{ failure: "connect-timeout", retries: 1 }, "retry uncounted"],
  [{ failure: "connect-timeout", anotherWorker: false }, "connectTimeout"],
  [{ failure: "reset" }, "retry"],
  [{ failure: "reset", idempotent: false }, "outcomeUnknown"],
  [{ failure: "refused", repetition: true }, "retry uncounted"],
  [{ failure: "reset", repetition: true }, "workerReset"],
  [{ failure: "reset", repetition: true, knownUnstarted: true }, "retry uncounted"],
  [{ failure: "stalled", repetition: true }, "wait"],
  [{ failure: "reset", idempotent: false, knownUnstarted: true }, "retry uncounted"],
  [{ failure: "reset", idempotent: false, knownUnstarted: true, retries: 2 }, "retry uncounted"],
  [{ failure: "stalled", idempotent: false, knownUnstarted: true, retries: 1 }, "retry uncounted"],
  [{ failure: "stalled", idempotent: false, knownUnstarted: true, bodyReplayable: false }, "wait"],
  [{ failure: "reset", retries: 1 }, "retry"],
  [{ failure: "reset", retries: 2 }, "workerReset"],
  [{ failure: "reset", bodyReplayable: false }, "workerReset"],
  [{ failure: "reset", routeRetries: false }, "workerReset"],
  [{ failure: "reset", answerBegan: true }, "workerReset"],
  [{ failure: "reset", answerBegan: true, answerForwarded: true }, "abort"],
  [{ failure: "stalled" }, "retry"],
  [{ failure: "stalled", idempotent: false }, "wait"],
  [{ failure: "stalled", retries: 1 }, "wait"],
  [{ failure: "stalled", anotherWorker: false }, "wait"],
  [{ failure: "head-timeout" }, "headTimeout"],
  [{ failure: "bad-answer", answerBegan: true }, "badAnswer"],
];

for (const [facts, expected] of cases) {
  test(`${JSON.stringify(facts)} -> ${expected}`, () => assert.equal(outcome(facts), expected));
}

const failures: TryFailure[] = [
  "refused",
  "connect-timeout",
  "reset",
  "stalled",
  "head-timeout",
  "bad-answer",
];

test("never sent twice unless that is safe", () => {
  const any = fc.record<TryFacts>({
    failure: fc.constantFrom(...failures),
    idempotent: fc.boolean(),
    repetition: fc.boolean(),
    knownUnstarted: fc.boolean(),
    answerBegan: fc.boolean(),
    answerForwarded: fc.boolean(),
    bodyReplayable: fc.boolean(),
    retries: fc.integer({ min: 0, max: 3 }),
    anotherWorker: fc.boolean(),
    deadlinePassed: fc.boolean(),
    routeRetries: fc.boolean(),
  });
  fc.assert(
    fc.property(any, (facts) => {
      const decision = decideRetry(facts);
      if (facts.answerForwarded) assert.equal(decision.kind, "abort");
      if (decision.kind !== "retry") return;
      const unstarted =
        facts.failure === "refused" || facts.failure === "connect-timeout" || facts.knownUnstarted;
      assert.ok(unstarted || (facts.idempotent && !facts.repetition));
      assert.ok(facts.bodyReplayable && facts.anotherWorker && !facts.answerBegan && !facts.deadlinePassed);
      assert.ok(facts.retries < (facts.failure === "reset" ? 2 : 1) || !decision.counted);
      assert.equal(decision.counted, !unstarted);
    }),
    { numRuns: 2000 },
  );
});

test("methods by RFC 9110; one that is not known is not idempotent", () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]) assert.ok(isIdempotent(method), method);
  for (const method of ["POST", "PATCH", "PURGE", "LOCK"]) assert.ok(!isIdempotent(method), method);
});
