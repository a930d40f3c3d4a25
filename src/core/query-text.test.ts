import assert from "node:assert/strict";
import { test } from "node:test";
import { decodedQueryText } from "./query-text.ts";
import { redactQuery } from "./requests/secret-names.ts";
import { parameterHolds } from "./routing/conditions.ts";

const rows: [text: string, decoded: string][] = [
  ["", ""],
  ["a+b", "a b"],
  ["a%2Bb%20c", "a+b c"],
  ["%c3%a9%E2%82%AC", "\u00e9\u20ac"],
  ["%2541", "%41"],
  ["%", "%"],
  ["%4", "%4"],
  ["%zz%41%", "%zzA%"],
  ["a%e9b", "a\ufffdb"],
  ["\u00e9\u20ac%41", "\u00e9\u20acA"],
];

for (const [text, decoded] of rows) {
  test(`${text} is ${decoded}`, () => assert.equal(decodedQueryText(text), decoded));
}

test("nothing is thrown for broken escapes, of which a query can have thousands", (context) => {
  const { mock } = context.mock.method(globalThis, "decodeURIComponent");
  for (const pair of ["%=%&", "%e9=%e9&", "a%=b%&"]) {
    const query = pair.repeat(1_000);
    assert.equal(redactQuery(`?${query}key=1`), `?${query}key=***`);
    assert.equal(parameterHolds({ name: "key", value: "1" }, `${query}key=1`), true);
  }
  assert.equal(mock.calls.filter(({ error }) => error !== undefined).length, 0);
});
