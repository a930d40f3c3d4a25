import assert from "node:assert/strict";
import { test } from "node:test";
import { type Priority, priorityOf, type PriorityRules } from "./priority.ts";

const byHeader: PriorityRules = { use: "normal", header: "x-priority" };

const cases: [PriorityRules, string | undefined, "trusted" | "anybody", Priority][] = [
  [{ use: "critical" }, undefined, "anybody", "critical"],
  [byHeader, undefined, "anybody", "normal"],
  [byHeader, "critical", "anybody", "normal"],
  [byHeader, "critical", "trusted", "critical"],
  [byHeader, "sheddable", "anybody", "sheddable"],
  [byHeader, "Critical", "trusted", "normal"],
  [byHeader, "constructor", "trusted", "normal"],
  [{ ...byHeader, use: "sheddable" }, "normal", "anybody", "sheddable"],
  [{ ...byHeader, raise: true }, "critical", "anybody", "critical"],
];

for (const [rules, named, who, expected] of cases) {
  const allowed = rules.raise === true ? ", all may raise themselves" : "";
  test(`a route of class ${rules.use}${allowed}: ${who} that says ${named} is ${expected}`, () => {
    assert.equal(priorityOf(rules, named, who === "trusted"), expected);
  });
}
