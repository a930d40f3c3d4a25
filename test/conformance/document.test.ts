/** docs/conformance.md is written by a command that needs other proxies; what of it can be checked without them is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { answerTopics, requestTopics } from "./cases/cases.ts";
import { between, choicesText, markers } from "./rivals/document.ts";

const text = readFileSync("docs/conformance.md", "utf8");
const topics = [...requestTopics, ...answerTopics];

test("every case has a name and a place of its own", () => {
  const names = topics.flatMap(({ cases }) => cases.map(({ name }) => name));
  assert.deepEqual([...new Set(names)], names);
  const titles = topics.map(({ title }) => title);
  assert.deepEqual([...new Set(titles)], titles);
});

test("the list of choices is that of the code: npm run conformance", () => {
  assert.equal(between(text, markers.choices, choicesText()), text);
});

test("the tables show the cases that there are: npm run conformance -- --rivals", () => {
  for (const { title, cases } of topics) {
    const section = text.split(`\n### ${title}\n`)[1]?.split("\n### ")[0] ?? "";
    const rows = section
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .slice(1);
    const shown = rows.map((row) => row.slice(2).split(" | ").slice(0, 2));
    assert.deepEqual(
      shown.filter(([first]) => first !== "---"),
      cases.map(({ name, source }) => [name, source]),
      title,
    );
  }
});
