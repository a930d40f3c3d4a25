import assert from "node:assert/strict";
import { test } from "node:test";
import { plainRequestId, RequestIds } from "./request-id.ts";

test("ids are the prefix and a count, and never the same", () => {
  const ids = new RequestIds("4f2a");
  const made = Array.from({ length: 40 }, () => ids.next());
  assert.deepEqual([made[0], made[35], made[39]], ["4f2a-1", "4f2a-10", "4f2a-14"]);
  assert.equal(new Set(made).size, 40);
});

test("no id can have a byte that ends a field or a line of a log", () => {
  for (const bad of ["", "a b", 'a"b', "a\r\nX: b", "ü", "x".repeat(129)]) {
    assert.equal(plainRequestId(bad), undefined, bad);
    if (bad.length < 129) assert.throws(() => new RequestIds(bad), bad);
  }
  assert.equal(plainRequestId("4f2a-1:x/y=="), "4f2a-1:x/y==");
});
