import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenShares } from "./token-shares.ts";

const web = (id: number): { service: string; id: string } => ({ service: "web", id: String(id) });

test("one token lets in nine tenths of what the registry holds, and makes room for those that are gone", () => {
  let now = 0;
  const here = new Set<string>();
  const shares = new TokenShares({ now: () => now }, (_service, id) => here.has(id));
  const take = (token: string, id: number): boolean => {
    const taken = shares.take(token, web(id), 10);
    if (taken) here.add(String(id));
    return taken;
  };
  for (let id = 1; id <= 9; id += 1) assert.equal(take("a", id), true);
  assert.equal(take("a", 10), false);
  assert.equal(take("a", 5), true);
  assert.equal(take("b", 10), true);
  here.delete("3");
  now = 999;
  assert.equal(take("a", 11), false, "whoever is gone is not looked for each time");
  now = 1_000;
  assert.equal(take("a", 11), true);
  assert.equal(take("a", 12), false);
});

test("a token that was revoked holds nothing any more", () => {
  const shares = new TokenShares({ now: () => 0 }, () => true);
  assert.equal(shares.take("a", web(1), 1), true);
  assert.equal(shares.take("a", web(2), 1), false);
  shares.keepOnly([{ id: "b" }]);
  assert.equal(shares.take("a", web(2), 1), true);
});

test("that one token's share is full, and was looked through just now, keeps no other one's from it", () => {
  const gone = new Set<string>();
  const shares = new TokenShares({ now: () => 0 }, (_service, id) => !gone.has(id));
  assert.equal(shares.take("a", web(1), 1), true);
  assert.equal(shares.take("b", web(2), 1), true);
  gone.add("2");
  assert.equal(shares.take("a", web(3), 1), false);
  assert.equal(shares.take("b", web(4), 1), true);
});
