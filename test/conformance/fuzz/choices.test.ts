import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAnswers, readRequests } from "../transcript.ts";
import { judgeAnswer } from "./answer-oracle.ts";
import { answerChoices } from "./answer-choices.ts";
import { requestChoices } from "./choices.ts";
import { compareAnswers } from "./compare-answers.ts";
import { compareRequests } from "./compare-requests.ts";
import { Oracle } from "./oracle.ts";

const oracle = new Oracle();

describe("each choice that is stricter than llhttp has an example", () => {
  for (const { detail, example } of requestChoices) {
    it(`request: ${detail}`, async () => {
      const bytes = Buffer.from(example, "latin1");
      const verdict = compareRequests(readRequests([bytes]), await oracle.judge(bytes));
      assert.deepEqual(verdict, { kind: "stricter", detail });
    });
  }
  for (const { detail, example } of answerChoices) {
    it(`answer: ${detail}`, async () => {
      const bytes = Buffer.from(example, "latin1");
      const verdict = compareAnswers(readAnswers([bytes], ["GET"]), await judgeAnswer(bytes, "GET"));
      assert.deepEqual(verdict, { kind: "stricter", detail });
    });
  }
});
