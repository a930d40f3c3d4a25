import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieIn } from "./cookie.ts";

const cases: [cookies: string, value: string | undefined][] = [
  ["a=1", "1"],
  ["b=2; a=1", "1"],
  ["b=2;\t a=1 ; c=3", "1"],
  ["a=1; a=2", "1"],
  ["a=", ""],
  ["a==b=c", "=b=c"],
  ["ba=1", undefined],
  ["a", undefined],
  ["x=a=1", undefined],
  ["", undefined],
  [";;; ;a=1", "1"],
  ["; ; ", undefined],
];

for (const [cookies, value] of cases) {
  test(`in ${JSON.stringify(cookies)} the cookie "a" is ${JSON.stringify(value)}`, () => {
    assert.equal(cookieIn("a", cookies), value);
  });
}
