import assert from "node:assert/strict";
import { test } from "node:test";
import { routePaths, workerHost } from "./setup.ts";

test("every worker has an address of its own on the loopback network", () => {
  assert.equal(workerHost(0), "127.1.0.1");
  assert.equal(workerHost(255), "127.1.1.0");
  assert.equal(workerHost(9_999), "127.1.39.16");
  const hosts = new Set(Array.from({ length: 100_000 }, (_, index) => workerHost(index)));
  assert.equal(hosts.size, 100_000);
});

test("paths lie on routes that exist, and on the first and nearly the last of them", () => {
  assert.deepEqual(routePaths(1), ["/"]);
  for (const routes of [10, 1_000, 10_000]) {
    const paths = routePaths(routes);
    const numbers = paths.map((path) => Number(/^\/r(\d+)\/orders\/4711$/.exec(path)?.[1]));
    assert.equal(new Set(numbers).size, Math.min(routes, 256));
    assert.equal(Math.min(...numbers), 0);
    assert.ok(Math.max(...numbers) < routes && Math.max(...numbers) >= routes * 0.9);
  }
});
