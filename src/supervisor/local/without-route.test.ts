import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutRoute } from "./without-route.ts";

test("nothing to say where a route leads to the service, or where there are none", () => {
  assert.equal(withoutRoute("skein.config.ts", ["web", "shop"], "shop"), undefined);
  assert.equal(withoutRoute("skein.config.ts", [], "shop"), undefined);
});

test("the services that routes lead to are named, each once", () => {
  assert.equal(
    withoutRoute("skein.config.ts", ["orders", "orders"], "shop"),
    "skein.config.ts routes nothing to 'shop'; give --service orders",
  );
  assert.match(withoutRoute("a.json", ["orders", "web"], "shop") ?? "", /--service orders or --service web$/);
});
