import assert from "node:assert/strict";
import type { FieldExpectation } from "../cases/case.ts";
import type { Field } from "./plain-text.ts";

const withinMs = 5_000;

/** Waits until `actual` gives what is expected; when it does not come to that, says what it gives instead. */
export async function comesTo<T>(actual: () => T, expected: T, what: string): Promise<void> {
  const end = performance.now() + withinMs;
  const wanted = JSON.stringify(expected);
  while (JSON.stringify(actual()) !== wanted) {
    if (performance.now() > end) return assert.deepEqual(actual(), expected, what);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export function checkFields(fields: readonly Field[], expected: FieldExpectation, what: string): void {
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  for (const line of expected.has ?? []) {
    assert.ok(lines.includes(line), `${what}: no line ${JSON.stringify(line)} in ${JSON.stringify(lines)}`);
  }
  for (const unwanted of expected.lacks ?? []) {
    const found = names.has(unwanted) || lines.includes(unwanted);
    assert.ok(!found, `${what}: there is ${unwanted} in ${JSON.stringify(lines)}`);
  }
}
