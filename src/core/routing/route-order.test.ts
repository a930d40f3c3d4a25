import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { byHost, matchKey, type Sortable, sortRoutes } from "./route-order.ts";
import type { PathMatch, RouteMatch } from "./route.ts";

interface Named extends Sortable {
  name: string;
}

function named(name: string, path: PathMatch, more: Partial<RouteMatch> = {}, order?: number): Named {
  return { name, order, match: { hosts: [], path, methods: [], headers: [], query: [], ...more } };
}

const exact = (path: string): PathMatch => ({ kind: "exact", path });
const prefix = (path: string): PathMatch => ({ kind: "prefix", path });
const pattern = (path: string): PathMatch => ({ kind: "pattern", segments: path.split("/").slice(1) });

/** In the order that is to come out. */
const ordered: Named[] = [
  named("order -1", prefix("/"), {}, -1),
  named("exact host", prefix("/"), { hosts: ["a.b.test"] }),
  named("longer wildcard", exact("/x"), { hosts: ["*.b.test"] }),
  named("wildcard", exact("/x"), { hosts: ["*.test"] }),
  named("exact with method and header", exact("/x"), {
    methods: ["GET", "HEAD"],
    headers: [{ name: "a" }],
  }),
  named("exact with a method", exact("/x"), { methods: ["GET"] }),
  named("exact", exact("/x")),
  named("exact, written later", exact("/y")),
  named("longer prefix", prefix("/users/me")),
  named("deep pattern", pattern("/users/:id/orders")),
  named("pattern", pattern("/users/:id")),
  named("open pattern", pattern("/users/:id/*")),
  named("prefix", prefix("/users")),
  named("everything", prefix("/")),
  named("order 1", exact("/x"), { hosts: ["a.b.test"] }, 1),
];

test("routes are put in the documented order, however they were written", () => {
  const names = ordered.map((route) => route.name);
  const shuffled = fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (written) => {
    const positions = written.filter(
      (route) => route.name.startsWith("exact") && route.match.hosts.length === 0,
    );
    const sorted = sortRoutes(written).map((route) => route.name);
    // The two that differ in nothing keep the order in which they were written.
    const twins = positions
      .map((route) => route.name)
      .filter((name) => /^exact(, written later)?$/.test(name));
    const expected = names.flatMap((name) =>
      name === "exact" ? twins : name === "exact, written later" ? [] : [name],
    );
    assert.deepEqual(sorted, expected);
  });
  fc.assert(shuffled, { numRuns: 300 });
});

test("a route with several hosts stands where the first of them puts it, and by host where that one does", () => {
  const several = named("several", prefix("/"), { hosts: ["*.test", "a.b.test", "*.b.test"] });
  const sorted = sortRoutes([
    named("any", exact("/x")),
    named("wildcard", prefix("/x"), { hosts: ["*.test"] }),
    several,
    named("exact", exact("/x"), { hosts: ["a.b.test"] }),
    named("first", prefix("/"), {}, -1),
  ]);
  const names = ["first", "exact", "several", "wildcard", "any"];
  assert.deepEqual(
    sorted.map(({ name }) => name),
    names,
  );
  assert.deepEqual(
    byHost(sorted).map(({ route, host }) => `${route.name} ${host}`),
    [
      "first undefined",
      "exact a.b.test",
      "several a.b.test",
      "several *.b.test",
      "wildcard *.test",
      "several *.test",
      "any undefined",
    ],
  );
});

test("routes that ask the same are found", () => {
  const one = named("one", pattern("/a/:x"), {
    methods: ["GET", "PUT"],
    headers: [{ name: "a", value: "1" }],
  });
  const two = named("two", pattern("/a/:y"), {
    methods: ["PUT", "GET"],
    headers: [{ name: "a", value: "1" }],
  });
  const other = named("other", pattern("/a/:y"), { methods: ["PUT"], headers: [{ name: "a", value: "1" }] });
  assert.equal(matchKey(one.match), matchKey(two.match));
  assert.notEqual(matchKey(one.match), matchKey(other.match));
  assert.notEqual(matchKey(named("p", prefix("/a")).match), matchKey(named("e", exact("/a")).match));
});
