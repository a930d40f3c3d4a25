import assert from "node:assert/strict";
import { test } from "node:test";
import { typedTarget } from "./typed-target.ts";

const rows: [typed: string, authority: string | undefined, target: string][] = [
  ["/orders/7?a=b", undefined, "/orders/7?a=b"],
  ["/orders/7#frag", undefined, "/orders/7"],
  ["http://shop.example/orders/7", "shop.example", "/orders/7"],
  ["HTTP://SHOP.example:8080/a%2Fb", "shop.example:8080", "/a%2Fb"],
  ["http://shop.example:80/orders/7", "shop.example", "/orders/7"],
  ["https://shop.example:443/orders/7#frag", "shop.example", "/orders/7"],
  ["http://u:p@shop.example/orders/7", "shop.example", "/orders/7"],
  ["http://münchen.example/orders/7", "xn--mnchen-3ya.example", "/orders/7"],
  ["http://shop.example", "shop.example", "/"],
  ["http://shop.example?a=b", "shop.example", "/?a=b"],
];

for (const [typed, authority, target] of rows) {
  test(`${typed} asks for ${target}`, () => assert.deepEqual(typedTarget(typed), { authority, target }));
}

test("what is neither a path nor a URL is no target", () => {
  for (const typed of ["", "orders", "shop.example:8080/orders/7", "http://", "ftp://shop.example/"])
    assert.equal(typedTarget(typed), undefined, typed);
});
