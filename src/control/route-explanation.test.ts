import assert from "node:assert/strict";
import { test } from "node:test";
import type { Route } from "../protocol/configuration.ts";
import type { RoutingTable } from "../protocol/routing-table.ts";
import { explanationOf } from "./route-explanation.ts";

const route = (name: string, path: string): Route =>
  ({
    name,
    match: { hosts: [], path: { kind: "prefix", path }, methods: [], headers: [], query: [] },
    to: [{ service: "orders", weight: 1, ...(name === "api" ? { subset: "fresh" } : {}) }],
  }) as unknown as Route;
const subsets = { fresh: { version: "2", otherwise: "any" } };
const table = {
  routes: [route("api", "/api"), route("all", "/")],
  services: { orders: { subsets } },
  workers: [{ service: "orders", version: "1", weight: 1, state: { kind: "live" } }],
} as unknown as RoutingTable;

test("the first route that fits is chosen, the others say why not", () => {
  const query = new URLSearchParams({ target: "/api/7?x=1", host: "shop.example:80" });
  assert.deepEqual(explanationOf(table, query), {
    v: 1,
    route: "api",
    to: [{ service: "orders", subset: "fresh", otherwise: ["any"], servedBy: "any" }],
    routes: [
      { name: "api", verdict: "chosen", reasons: [] },
      { name: "all", verdict: "later", reasons: [] },
    ],
  });
  const other = explanationOf(table, new URLSearchParams({ target: "/apiary" }));
  assert.equal(other.route, "all");
  assert.deepEqual(other.to, [{ service: "orders" }]);
  assert.match(other.routes[0]?.reasons[0] ?? "", /is not "\/api" or below it/);
});

test("what is no request is refused with the reason", () => {
  assert.throws(() => explanationOf(table, new URLSearchParams({ target: "api" })), { code: "invalid" });
  assert.throws(() => explanationOf(table, new URLSearchParams({ header: "novalue" })), { code: "invalid" });
});
