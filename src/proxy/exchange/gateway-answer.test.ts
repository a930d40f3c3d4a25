import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ProblemBody, type ProblemName, problems } from "../../protocol/problem.ts";
import { gatewayAnswer } from "./gateway-answer.ts";

/** Of every key of the configuration its path, without the names that users give. */
function* keysIn(node: unknown, path = ""): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  for (const [name, part] of Object.entries(node)) {
    if (name !== "properties") yield* keysIn(part, path);
    else
      for (const [key, value] of Object.entries(part as object)) {
        yield `${path}.${key}`;
        yield* keysIn(value, `${path}.${key}`);
      }
  }
}

test("what a hint names as a key is one of the configuration", () => {
  const keys = [...keysIn(JSON.parse(readFileSync("src/config/skein.schema.json", "utf8")))];
  const named = Object.keys(problems).flatMap((name) => {
    const { body } = gatewayAnswer(name as ProblemName, { requestId: "", hints: true, service: "web" });
    return (
      (JSON.parse(body) as ProblemBody).hint?.match(/\b[a-z]+([A-Z][a-z]+)+\b|\b[a-z]+(\.[a-z]\w+)+/g) ?? []
    );
  });
  assert.ok(named.length > 5);
  const unknown = named.filter((name) => !keys.some((key) => key.endsWith(`.${name}`)));
  assert.deepEqual(unknown, []);
});
