import assert from "node:assert/strict";
import { test } from "node:test";
import { meansTheSame, placeOf } from "./elsewhere.ts";

const home = { gateway: "a", host: "h1" };

test("where a peer is", () => {
  assert.equal(placeOf(undefined, home), "this-gateway");
  assert.equal(placeOf({ gateway: "a", host: "h1" }, home), "this-gateway");
  assert.equal(placeOf({ gateway: "b", host: "h1" }, home), "this-host");
  assert.equal(placeOf({ gateway: "b", host: "h2" }, home), "another-host");
});

test("a loopback address of another host is none of ours", () => {
  assert.ok(meansTheSame("http://127.0.0.1:7601", "h1", home));
  assert.ok(!meansTheSame("http://127.0.0.1:7601", "h2", home));
  assert.ok(!meansTheSame("http://[::1]:7601", "h2", home));
  assert.ok(!meansTheSame("no url", "h2", home));
  assert.ok(meansTheSame("http://10.0.0.2:7601", "h2", home));
});
