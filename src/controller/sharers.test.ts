import assert from "node:assert/strict";
import { test } from "node:test";
import { sharersOf } from "./sharers.ts";

const peers = (...gateways: string[]): { home: { gateway: string; host: string } | undefined }[] =>
  gateways.map((gateway) => ({ home: gateway === "" ? undefined : { gateway, host: gateway } }));

const cases: [number, string[], number][] = [
  [1, [], 1],
  [0, [], 1],
  [4, ["a"], 4],
  [4, [""], 4],
  [2, ["a", "b", "b", "c"], 6],
];

for (const [proxies, gateways, expected] of cases) {
  test(`${proxies} proxies of a, with controllers of ${gateways.join(", ") || "nobody"}: ${expected}`, () => {
    assert.equal(sharersOf(proxies, peers(...gateways), { gateway: "a" }), expected);
  });
}

test("the parts of all proxies are the whole, however many a gateway has", () => {
  const proxies = { a: 1, b: 4, c: 3 };
  const all = Object.keys(proxies);
  const whole = Object.entries(proxies).reduce(
    (sum, [gateway, count]) =>
      sum + count / sharersOf(count, peers(...all.filter((each) => each !== gateway)), { gateway }),
    0,
  );
  assert.ok(Math.abs(whole - 1) < 1e-9);
});
