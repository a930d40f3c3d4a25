import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { chooseTarget, rewritePath } from "./forwarding.ts";

test("rewritePath replaces the prefix on segment borders", () => {
  for (const [prefix, put, path, expected] of [
    ["/api", "", "/api/users", "/users"],
    ["/api", "", "/api", "/"],
    ["/api", "", "/api/", "/"],
    ["/api", "", "/api//evil.test/x", "/evil.test/x"],
    ["/api", "/", "/api/users", "/users"],
    ["/api", "/v2", "/api/users", "/v2/users"],
    ["/api", "/v2/", "/api", "/v2"],
    ["/api/", "/v2", "/api/", "/v2/"],
    ["/", "/v2", "/users", "/v2/users"],
    ["/", "/v2", "/", "/v2/"],
    ["/api", "", "/apiary", "/apiary"],
    ["/api", "", "/other", "/other"],
    ["/api", "", "/api/%2fx", "/%2fx"],
  ] as const) {
    assert.equal(rewritePath({ rewrite: { prefix, with: put } }, path), expected, `${prefix} ${put} ${path}`);
  }
  assert.equal(rewritePath({}, "//x"), "//x");
});

test("a path with its prefix taken off begins with exactly one slash", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[/a-z]{0,12}$/), (rest) => {
      assert.match(rewritePath({ rewrite: { prefix: "/p", with: "" } }, `/p/${rest}`), /^\/([^/]|$)/);
    }),
  );
});

test("chooseTarget splits exactly by weight", () => {
  const to = [
    { service: "a", weight: 90 },
    { service: "none", weight: 0 },
    { service: "b", weight: 10 },
  ];
  const counts = { a: 0, b: 0, none: 0 };
  for (let step = 0; step < 1000; step += 1) {
    counts[chooseTarget({ to }, () => step / 1000)?.service as keyof typeof counts] += 1;
  }
  assert.deepEqual(counts, { a: 900, b: 100, none: 0 });
  assert.equal(chooseTarget({ to: [{ service: "only", weight: 1 }] }, () => 0.999)?.service, "only");
});
