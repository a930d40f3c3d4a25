import assert from "node:assert/strict";
import { test } from "node:test";
import { explainRoute } from "./explain.ts";
import type { RequestFacts, Route } from "./route.ts";

test("each route says in words why it did not match", () => {
  const routes: Route[] = [
    {
      name: "shop.test/cart",
      match: {
        hosts: ["shop.test"],
        path: { kind: "exact", path: "/cart" },
        methods: ["POST"],
        headers: [{ name: "x-beta", value: "1" }],
        query: [{ name: "debug" }],
      },
      to: [{ service: "cart", weight: 1 }],
    },
    ...["/a/*", "/"].map((name) => ({
      name,
      match: {
        hosts: [],
        path: { kind: "prefix" as const, path: name.replace("/*", "") },
        methods: [],
        headers: [],
        query: [],
      },
      to: [{ service: "web", weight: 1 }],
    })),
  ];
  const facts: RequestFacts = { host: "other", path: "/a/b", query: "", method: "GET", header: () => "2" };
  assert.deepEqual(
    explainRoute(routes, facts).map(({ route, verdict, reasons }) => [route.name, verdict, reasons]),
    [
      [
        "shop.test/cart",
        "no",
        [
          'host is "other", not shop.test',
          'path "/a/b" is not exactly "/cart"',
          "method is GET, not POST",
          'header x-beta is not "1", but "2"',
          "query parameter debug is missing",
        ],
      ],
      ["/a/*", "chosen", []],
      ["/", "later", []],
    ],
  );
});
