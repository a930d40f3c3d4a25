import assert from "node:assert/strict";
import { test } from "node:test";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

function faults(listen: string | string[], worker: string): string[] {
  const written = { listen, control: "127.0.0.1:7600", services: { web: { workers: [worker] } } };
  const result = resolveConfiguration(written, testSurroundings);
  return result.ok ? [] : result.issues.map(({ path, message }) => `${keyText(path)}: ${message}`);
}

const rows: [listen: string | string[], worker: string, isCircle: boolean][] = [
  ["127.0.0.1:8080", "127.0.0.1:8080", true],
  ["127.0.0.1:8080", "localhost:8080", true],
  [":8080", "127.0.0.1:8080", true],
  [":8080", "[::1]:8080", true],
  [["127.0.0.1:8081", "10.0.0.5:8080"], "10.0.0.5:8080", true],
  [":8080", "127.0.0.1:7600", true],
  ["127.0.0.1:8080", "127.0.0.1:8081", false],
  ["127.0.0.1:8080", "127.0.0.2:8080", false],
  ["127.0.0.1:8080", "10.0.0.7:8080", false],
  [":8080", "web.internal:8080", false],
  ["10.0.0.5:8080", "127.0.0.1:8080", false],
];

for (const [listen, worker, isCircle] of rows) {
  test(`a gateway at ${String(listen)} ${isCircle ? "is no" : "may have a"} worker at ${worker}`, () => {
    const found = faults(listen, worker);
    if (!isCircle) return assert.deepEqual(found, []);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? "", /^services\.web: the worker .* is an address of the gateway itself/);
  });
}
