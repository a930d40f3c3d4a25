import assert from "node:assert/strict";
import { mock, test } from "node:test";
import * as fc from "fast-check";
import { explainRoute } from "./explain.ts";
import { compileRoutes, matchRoute } from "./route-index.ts";
import { sortRoutes } from "./route-order.ts";
import { hostOfAuthority, type PathMatch, type RequestFacts, type Route, type RouteMatch } from "./route.ts";

function route(name: string, match: Partial<RouteMatch>): Route {
  const path: PathMatch = { kind: "prefix", path: "/" };
  return {
    name,
    match: { hosts: [], path, methods: [], headers: [], query: [], ...match },
    to: [{ service: name, weight: 1 }],
  };
}

function request(text: string, headers: Record<string, string> = {}): RequestFacts {
  const [method = "GET", target = "/", host = "any.test"] = text.split(" ");
  const mark = target.indexOf("?");
  return {
    host,
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? "" : target.slice(mark + 1),
    method,
    header: (name) => headers[name],
  };
}

const routes = [
  route("exact", { path: { kind: "exact", path: "/a" } }),
  route("below", { path: { kind: "prefix", path: "/a" } }),
  route("deep", { path: { kind: "prefix", path: "/deep/er/" } }),
  route("user", { path: { kind: "pattern", segments: ["users", ":id"] } }),
  route("orders", { path: { kind: "pattern", segments: ["users", ":id", "orders", "*"] } }),
  route("post", { path: { kind: "exact", path: "/m" }, methods: ["POST"] }),
  route("beta", { path: { kind: "exact", path: "/h" }, headers: [{ name: "x-beta", value: "1" }] }),
  route("debug", { path: { kind: "exact", path: "/q" }, query: [{ name: "debug" }] }),
  route("named", { path: { kind: "exact", path: "/q" }, query: [{ name: "name", value: "a b" }] }),
  route("shop", { hosts: ["shop.test"] }),
  route("tenants", { hosts: ["*.tenants.test"] }),
];

const cases: [string, string | undefined, Record<string, string>?][] = [
  ["GET /a", "exact"],
  ["GET /a/", "below"],
  ["GET /a/b/c", "below"],
  ["GET /ab", undefined],
  ["GET /deep/er", "deep"],
  ["GET /deep/er/x", "deep"],
  ["GET /deep", undefined],
  ["GET /users/7", "user"],
  ["GET /users/", undefined],
  ["GET /users/7/", undefined],
  ["GET /users/7/orders", "orders"],
  ["GET /users/7/orders/9/x", "orders"],
  ["GET /users/7/ordersx", undefined],
  ["POST /m", "post"],
  ["GET /m", undefined],
  ["GET /h", "beta", { "x-beta": "1" }],
  ["GET /h", undefined, { "x-beta": "2" }],
  ["GET /q?debug", "debug"],
  ["GET /q?a=1&debug=x", "debug"],
  ["GET /q?name=a+b", "named"],
  ["GET /q?name=x&name=a%20b", "named"],
  ["GET /q?name=%", undefined],
  ["GET /q?%=%e9&name=a%20b", "named"],
  ["GET /none shop.test", "shop"],
  ["GET /a shop.test", "exact"],
  ["GET /none a.tenants.test", "tenants"],
  ["GET /none a.b.tenants.test", "tenants"],
  ["GET /none tenants.test", undefined],
  ["GET /none xtenants.test", undefined],
  ["OPTIONS *", undefined],
];

test("the first route that matches wins", async (t) => {
  const index = compileRoutes(routes);
  for (const [text, expected, headers] of cases) {
    await t.test(`${text} -> ${expected ?? "no route"}`, () => {
      assert.equal(matchRoute(index, request(text, headers))?.name, expected);
    });
  }
});

test("of a route's hosts the one that matches says what it goes before", () => {
  const list = sortRoutes([
    route("wildcard", { hosts: ["*.prod.test"] }),
    route("several", { hosts: ["*.x.test", "a.prod.test"] }),
    route("deep", { hosts: ["*.b.x.test"] }),
  ]);
  for (const [host, expected] of [
    ["a.prod.test", "several"],
    ["b.prod.test", "wildcard"],
    ["a.x.test", "several"],
    ["a.b.x.test", "deep"],
  ] as const) {
    const facts = request(`GET /z ${host}`);
    assert.equal(matchRoute(compileRoutes(list), facts)?.name, expected, host);
    const chosen = explainRoute(list, facts).find(({ verdict }) => verdict === "chosen");
    assert.equal(chosen?.route.name, expected, host);
  }
});

test("a path from outside cannot make the look-up deep", () => {
  const index = compileRoutes([route("a", { path: { kind: "prefix", path: "/a/b" } })]);
  const { prefixes } = index.anyHost;
  let accesses = 0;
  prefixes.get = (key) => {
    accesses += 1;
    return Map.prototype.get.call(prefixes, key) as ReturnType<typeof prefixes.get>;
  };
  assert.equal(matchRoute(index, request(`GET ${"/x".repeat(4000)}`)), undefined);
  assert.equal(matchRoute(index, request("GET /a/b/c"))?.name, "a");
  assert.equal(accesses, 2);
});

test("hostOfAuthority takes off port and root dot and lowers the case", () => {
  for (const [authority, host] of [
    ["Example.COM:8080", "example.com"],
    ["example.com.", "example.com"],
    ["[2001:DB8::1]:80", "[2001:db8::1]"],
    ["[::1]", "[::1]"],
    ["localhost", "localhost"],
  ] as const) {
    assert.equal(hostOfAuthority(authority), host);
  }
});

const segment = fc.constantFrom("a", "b", "c", "");
const anyPath = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const patternPart = fc.constantFrom("a", "b", ":x", ":y");
const anyMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  anyPath.map((path): PathMatch => ({ kind: "exact", path })),
  fc
    .array(fc.constantFrom("a", "b", "c"), { maxLength: 3 })
    .map((parts): PathMatch => ({ kind: "prefix", path: `/${parts.join("/")}` })),
  fc
    .tuple(fc.array(patternPart, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([parts, open]): PathMatch => ({ kind: "pattern", segments: open ? [...parts, "*"] : parts })),
);
const anyHosts = fc.uniqueArray(fc.constantFrom("x.test", "y.x.test", "*.x.test", "*.test"), {
  maxLength: 2,
});
const anyRoute = fc.record({
  hosts: anyHosts,
  path: anyMatch,
  methods: fc.uniqueArray(fc.constantFrom("GET", "POST"), { maxLength: 1 }),
});

test("the index finds what a look at every route finds", () => {
  const property = fc.property(
    fc.array(anyRoute, { maxLength: 12 }),
    anyPath,
    fc.constantFrom("x.test", "y.x.test", "z.y.x.test", "other"),
    fc.constantFrom("GET", "POST"),
    (matches, path, host, method) => {
      const list = sortRoutes(matches.map((match, at) => route(String(at), match)));
      const facts = request(`${method} ${path} ${host}`);
      const expected = explainRoute(list, facts).find(({ verdict }) => verdict === "chosen");
      assert.equal(matchRoute(compileRoutes(list), facts)?.name, expected?.route.name);
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

/** Look-ups in maps, and routes whose conditions are asked, to find what this request goes to. */
function lookUps(index: ReturnType<typeof compileRoutes>, facts: RequestFacts, asked: () => number): number {
  const before = asked();
  const get = mock.method(Map.prototype, "get");
  matchRoute(index, facts);
  const count = get.mock.callCount();
  get.mock.restore();
  return count + asked() - before;
}

test("what a request costs does not grow with the number of routes", () => {
  const costs = (many: number): number[] => {
    const named = (at: number): string => String(at).padStart(4, "0");
    let asked = 0;
    const among = Array.from({ length: many }, (_, at): Route => {
      const paths: PathMatch[] = [
        { kind: "exact", path: `/exact/${named(at)}` },
        { kind: "prefix", path: `/prefix/${named(at)}` },
        { kind: "pattern", segments: ["pattern", ":id", named(at)] },
      ];
      const hosts = at % 2 === 0 ? [] : [`h${at}.test`, `*.w${at}.test`];
      // With a condition each route that is looked at is asked for it.
      const { match, ...rest } = route(`r${at}`, { path: paths[at % 3]!, methods: ["GET"], hosts });
      return {
        ...rest,
        get match() {
          asked += 1;
          return match;
        },
      };
    });
    const index = compileRoutes(among);
    return ["/exact/0000", "/prefix/0004/more/of/it", "/pattern/x/0002", "/none", "/prefix/none/either"]
      .flatMap((path) => [`GET ${path}`, `GET ${path} h1.test`, `GET ${path} a.w3.test`])
      .map((text) => lookUps(index, request(text), () => asked));
  };
  const few = costs(10);
  assert.deepEqual(costs(10_000), few);
  assert.ok(Math.max(...few) < 20, few.join(" "));
});
