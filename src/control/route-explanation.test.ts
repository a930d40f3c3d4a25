import assert from "node:assert/strict";
import { test } from "node:test";
import type { Route } from "../protocol/configuration.ts";
import { explanationOf } from "./route-explanation.ts";

const route = (name: string, path: string): Route =>
  ({
    name,
    match: { hosts: [], path: { kind: "prefix", path }, methods: [], headers: [], query: [] },
    target: { kind: "service", service: "orders" },
  }) as unknown as Route;
const routes = [route("api", "/api"), route("all", "/")];

test("the first route that fits is chosen, the others say why not", () => {
  const query = new URLSearchParams({ target: "/api/7?x=1", host: "shop.example:80" });
  assert.deepEqual(explanationOf(routes, query), {
    v: 1,
    route: "api",
    routes: [
      { name: "api", verdict: "chosen", reasons: [] },
      { name: "all", verdict: "later", reasons: [] },
    ],
  });
  const other = explanationOf(routes, new URLSearchParams({ target: "/apiary" }));
  assert.equal(other.route, "all");
  assert.match(other.routes[0]?.reasons[0] ?? "", /is not "\/api" or below it/);
});

test("what is no request is refused with the reason", () => {
  assert.throws(() => explanationOf(routes, new URLSearchParams({ target: "api" })), { code: "invalid" });
  assert.throws(() => explanationOf(routes, new URLSearchParams({ header: "novalue" })), { code: "invalid" });
});
