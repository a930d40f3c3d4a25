import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { chosenControllers, sessionsMax, withoutPlainText } from "./chosen-controllers.ts";

const url = (host: number, port: number): string => `http://10.0.0.${host}:${port}`;
const hostOf = (one: string): string => new URL(one).hostname;

test("few are all taken", () => {
  const known = [url(1, 7601), url(1, 7602), url(2, 7601)];
  assert.deepEqual(chosenControllers(known, "w").sort(), known);
  assert.deepEqual(chosenControllers([], "w"), []);
});

test("of many: hosts differ as long as there are others, whatever the order in which they were told", () => {
  const urls = fc.uniqueArray(
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 7601, max: 7603 })),
    {
      selector: String,
      minLength: 1,
    },
  );
  fc.assert(
    fc.property(urls, fc.string(), (pairs, worker) => {
      const known = pairs.map(([host, port]) => url(host, port));
      const chosen = chosenControllers(known, worker);
      const hosts = new Set(known.map(hostOf)).size;
      assert.equal(chosen.length, Math.min(sessionsMax, known.length));
      assert.equal(new Set(chosen.map(hostOf)).size, Math.min(hosts, chosen.length));
      assert.deepEqual(chosenControllers([...known].reverse(), worker), chosen);
    }),
  );
});

test("the workers share the controllers evenly", () => {
  const known = [1, 2, 3, 4].flatMap((host) => [url(host, 7601), url(host, 7602)]);
  const held = new Map<string, number>();
  for (let worker = 0; worker < 4000; worker += 1) {
    for (const one of chosenControllers(known, `box-${worker}`)) held.set(one, (held.get(one) ?? 0) + 1);
  }
  // 1500 each, if it were perfect.
  assert.equal(held.size, known.length);
  for (const count of held.values()) assert.ok(count > 1_000 && count < 2_000, String(count));
});

test("who was told to speak with TLS is led to no plain text on another host", () => {
  const told = [
    "http://10.0.0.1:7601",
    "https://10.0.0.2:7601",
    "http://127.0.0.1:7601",
    "http://[::1]:7601",
  ];
  assert.deepEqual(withoutPlainText(told, ["http://10.0.0.1:7600"]), told);
  assert.deepEqual(withoutPlainText(told, ["https://10.0.0.1:7600"]), told.slice(1));
});
