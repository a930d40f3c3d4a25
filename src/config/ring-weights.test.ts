import assert from "node:assert/strict";
import { test } from "node:test";
import type { Policy } from "../core/balancing/candidate.ts";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

function warnings(policy: Policy, ...weights: number[]): string[] {
  const workers = weights.map((weight, at) => ({ address: `10.0.0.${at + 1}:80`, weight }));
  const found = resolveConfiguration({ services: { web: { policy, workers } } }, testSurroundings);
  assert.ok(found.ok);
  return found.warnings.map(({ path, message }) => `${keyText(path)}: ${message}`);
}

test("weights that a ring cannot hold are told, each with what it counts as", () => {
  const [heavy, light, ...more] = warnings("ring-hash", 100, 300, 0.001, 0, 1);
  assert.match(
    heavy ?? "",
    /^services\.web\.workers\[1\]\.weight: .*from 0\.00625 to 100: 300 counts as 100\./,
  );
  assert.match(light ?? "", /^services\.web\.workers\[2\]\.weight: .* 0\.001 counts as 0\.00625\./);
  assert.deepEqual(more, []);
});

test("other policies hold them all", () => assert.deepEqual(warnings("rendezvous", 300, 1_000, 0.001), []));
