import assert from "node:assert/strict";
import { test } from "node:test";
import { type GatewaysWord, mayAskAnotherGateway, type RequestFacts } from "./repeat.ts";

const get: RequestFacts = {
  repeatable: true,
  bodyReplayable: true,
  retries: 0,
  spent: false,
  deadlinePassed: false,
};
const post: RequestFacts = { ...get, repeatable: false };
const safe: GatewaysWord = { status: 503, retry: "safe" };
const unknown: GatewaysWord = { status: 502, retry: "idempotent-only" };

const cases: [GatewaysWord, RequestFacts, boolean][] = [
  [safe, get, true],
  [safe, post, true],
  [safe, { ...post, bodyReplayable: false }, false],
  [safe, { ...get, deadlinePassed: true }, false],
  [safe, { ...get, retries: 1 }, false],
  [safe, { ...get, spent: true }, false],
  [{ status: 408, retry: "safe" }, get, false],
  [{ status: 308, retry: "safe" }, get, false],
  [unknown, get, true],
  [unknown, post, false],
  [{ status: 501, retry: "pointless" }, get, false],
];

for (const [word, facts, expected] of cases) {
  test(`${word.status} ${word.retry}, ${JSON.stringify(facts)}: ${expected ? "another" : "no other"}`, () => {
    assert.equal(mayAskAnotherGateway(word, facts), expected);
  });
}
