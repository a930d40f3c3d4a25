import assert from "node:assert/strict";
import { test } from "node:test";
import { prefersPage } from "./prefers-page.ts";

const rows: [string, boolean][] = [
  ["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true],
  ["TEXT/HTML", true],
  ["text/html;q=0.5, application/json;q=0.4", true],
  ["text/html;q=0.5, application/problem+json;q=0.5", false],
  ["application/json, text/html;q=0.9", false],
  ["text/html;q=0", false],
  ["text/html;q=nonsense", false],
  ["*/*", false],
  ["", false],
  ["text/*", false],
  ["text/htmlx", false],
  [`text/html,${"x/y,".repeat(300)}`, false],
];

for (const [accept, expected] of rows) {
  test(`${accept.slice(0, 60)}: ${expected}`, () => assert.equal(prefersPage(accept), expected));
}
