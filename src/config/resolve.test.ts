import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRoutes, matchRoute } from "../core/routing/route-index.ts";
import type { Policy } from "../core/balancing/candidate.ts";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import type { PolicyConfig } from "./config.ts";
import { defineConfig } from "./index.ts";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

function resolved(written: unknown): GatewayConfiguration {
  const result = resolveConfiguration(written, testSurroundings);
  assert.ok(result.ok, JSON.stringify(result));
  return result.configuration;
}

/** `key: message` of each issue. */
function faults(written: unknown): string[] {
  const result = resolveConfiguration(written, testSurroundings);
  return result.ok ? [] : result.issues.map(({ path, message }) => `${keyText(path)}: ${message}`);
}

test("nothing written: the documented defaults", () => {
  const configuration = resolved({});
  assert.deepEqual(configuration.listeners, [{ name: "0.0.0.0:8080", host: "0.0.0.0", port: 8080 }]);
  assert.deepEqual(configuration.control, { host: "127.0.0.1", port: 7600 });
  assert.equal(configuration.state, "/here/.skein");
  assert.equal(configuration.proxies, 4);
  assert.equal(configuration.controllers, 2);
  assert.deepEqual(configuration.store, { driver: "sqlite" });
  assert.deepEqual(configuration.traffic.routes, []);
  assert.deepEqual(configuration.traffic.services, {});
});

test("two lines are enough", () => {
  const { traffic } = resolved(defineConfig({ listen: ":8080", routes: { "/": "web" } }));
  assert.deepEqual(traffic.routes, [
    {
      name: "/",
      match: { hosts: [], path: { kind: "prefix", path: "/" }, methods: [], headers: [], query: [] },
      to: [{ service: "web", weight: 1 }],
      headTimeoutMs: 30_000,
      upgrades: [],
      allowEncodedSlash: false,
      retry: true,
    },
  ]);
  assert.deepEqual(traffic.services["web"]?.check, {
    kind: "tcp",
    everyMs: 2000,
    timeoutMs: 1000,
    fall: 3,
    rise: 2,
  });
});

test("a policy by its name, or with what it goes by", () => {
  const policyOf = (policy: PolicyConfig | Policy): object => {
    const { services } = resolved({ services: { a: { policy } }, routes: { "/": "a" } }).traffic;
    const { policy: name, policyKey, loadBound } = services["a"] ?? {};
    return { name, policyKey, loadBound };
  };
  assert.deepEqual(policyOf("prequal"), { name: "prequal", policyKey: undefined, loadBound: undefined });
  assert.deepEqual(policyOf({ use: "p2c" }), { name: "p2c", policyKey: undefined, loadBound: undefined });
  assert.deepEqual(policyOf("maglev"), {
    name: "maglev",
    policyKey: { from: "address" },
    loadBound: undefined,
  });
  assert.deepEqual(policyOf({ use: "rendezvous", key: "header:X-User", bound: 1.25 }), {
    name: "rendezvous",
    policyKey: { from: "header", name: "x-user" },
    loadBound: 1.25,
  });
  assert.deepEqual(policyOf({ use: "ring-hash", key: "cookie:Session" }), {
    name: "ring-hash",
    policyKey: { from: "cookie", name: "Session" },
    loadBound: undefined,
  });
});

test("how many workers are in use at least", () => {
  const apertureOf = (policy: PolicyConfig | Policy): unknown =>
    resolved({ services: { a: { policy } }, routes: { "/": "a" } }).traffic.services["a"]?.aperture;
  assert.equal(apertureOf("least-wait"), undefined);
  assert.equal(apertureOf({ use: "least-wait", aperture: 64 }), 64);
  assert.equal(apertureOf({ use: "p2c", aperture: "all" }), "all");
});

test("where a worker runs, and whether it is a backup", () => {
  const workers = [
    { address: "10.0.0.1:80", zone: "a", backup: true },
    { address: "10.0.0.2:80", backup: false },
  ];
  const { services } = resolved({
    services: { a: { workers, preferZone: true } },
    routes: { "/": "a" },
  }).traffic;
  assert.deepEqual(services["a"]?.workers, [
    { id: "10.0.0.1:80", address: "10.0.0.1:80", weight: 1, zone: "a", backup: true },
    { id: "10.0.0.2:80", address: "10.0.0.2:80", weight: 1 },
  ]);
  assert.equal(services["a"]?.preferZone, true);
});

test("the JSON form with static workers", () => {
  const configuration = resolved({
    listen: "127.0.0.1:8080",
    control: "127.0.0.1:7600",
    state: "./state",
    proxies: 2,
    services: {
      web: {
        workers: ["127.0.0.1:8081", { address: "[::1]:8082", id: "six", weight: 0.5 }],
        check: { http: "/healthz" },
      },
      quiet: { workers: ["10.0.0.1:80"], check: false, policy: "random", queue: { max: 0 }, maxInFlight: 7 },
      short: ["127.0.0.1:9000"],
    },
    routes: { "/api/*": "api", "/": "web" },
  });
  const { web, quiet, short, api } = configuration.traffic.services;
  assert.deepEqual(web?.workers, [
    { id: "127.0.0.1:8081", address: "127.0.0.1:8081", weight: 1 },
    { id: "six", address: "[::1]:8082", weight: 0.5 },
  ]);
  assert.equal(web?.check.kind === "http" && web.check.path, "/healthz");
  assert.deepEqual(
    [quiet?.check, quiet?.policy, quiet?.queue.max, quiet?.maxInFlight],
    [{ kind: "none" }, "random", 0, 7],
  );
  assert.equal(short?.workers[0]?.address, "127.0.0.1:9000");
  assert.equal(api?.name, "api");
  assert.equal(configuration.state, "/here/state");
});

test("addresses to listen on", () => {
  const names = (listen: unknown): string[] => resolved({ listen }).listeners.map(({ name }) => name);
  assert.deepEqual(names(["127.0.0.1:1", "[::1]:1", 2, ":3", "localhost:4"]), [
    "127.0.0.1:1",
    "[::1]:1",
    "0.0.0.0:2",
    "0.0.0.0:3",
    "127.0.0.1:4",
  ]);
});

test("route keys", () => {
  const { traffic } = resolved({
    routes: {
      "/exact": "a",
      "/below/*": "a",
      "/users/:id/orders/*": "a",
      "Shop.example.com/cart": "a",
      "*.example.com": "a",
    },
  });
  const matches = Object.fromEntries(
    traffic.routes.map(({ name, match }) => [name, [match.hosts, match.path]]),
  );
  assert.deepEqual(matches, {
    "/exact": [[], { kind: "exact", path: "/exact" }],
    "/below/*": [[], { kind: "prefix", path: "/below" }],
    "/users/:id/orders/*": [[], { kind: "pattern", segments: ["users", ":id", "orders", "*"] }],
    "Shop.example.com/cart": [["shop.example.com"], { kind: "exact", path: "/cart" }],
    "*.example.com": [["*.example.com"], { kind: "prefix", path: "/" }],
  });
});

test("routes come in their order, and those that have an order of their own say it to the proxies", () => {
  const { traffic } = resolved({
    routes: {
      "/": "a",
      "a.test/*": { to: "a", hosts: ["*.x.test"], order: 1 },
      "*.test": { to: "a", order: 0 },
    },
  });
  assert.deepEqual(
    traffic.routes.map(({ name, order }) => [name, order]),
    [
      ["*.test", undefined],
      ["/", undefined],
      ["a.test/*", 1],
    ],
  );
  const facts = { host: "b.x.test", path: "/", query: "", method: "GET", header: () => undefined };
  assert.equal(matchRoute(compileRoutes(traffic.routes), facts)?.name, "*.test");
});

test("everything a route can say", () => {
  const { routes } = resolved({
    routes: {
      "/api/*": [
        {
          to: { web: 90, next: 10 },
          hosts: ["a.test"],
          methods: ["get"],
          headers: { "X-Beta": "1", "x-any": true },
          query: { debug: true },
          strip: true,
          timeout: "5s",
          upgrades: ["WebSocket", "SIP"],
          maxBody: "1MiB",
          retry: false,
        },
        { to: "web", rewrite: "/v2", allowEncodedSlash: true },
      ],
    },
  }).traffic;
  assert.deepEqual(routes, [
    {
      name: "/api/*",
      match: {
        hosts: ["a.test"],
        path: { kind: "prefix", path: "/api" },
        methods: ["GET", "HEAD"],
        headers: [{ name: "x-beta", value: "1" }, { name: "x-any" }],
        query: [{ name: "debug" }],
      },
      to: [
        { service: "web", weight: 90 },
        { service: "next", weight: 10 },
      ],
      rewrite: { prefix: "/api", with: "/" },
      headTimeoutMs: 5_000,
      upgrades: ["sip"],
      bodyBytesMax: 1_048_576,
      allowEncodedSlash: false,
      retry: false,
    },
    {
      name: "/api/* #2",
      match: { hosts: [], path: { kind: "prefix", path: "/api" }, methods: [], headers: [], query: [] },
      to: [{ service: "web", weight: 1 }],
      rewrite: { prefix: "/api", with: "/v2" },
      headTimeoutMs: 30_000,
      upgrades: [],
      allowEncodedSlash: true,
      retry: true,
    },
  ]);
});

test("limits, timeouts and the rest in any unit", () => {
  const { traffic } = resolved({
    limits: { head: "32KiB", connectionAge: "10m" },
    timeouts: { idleClient: 1500, noWorkerWait: 0 },
    retryBudget: { ratio: 0.1 },
    trustedProxies: ["10.0.0.0/8", "::1"],
    accessLog: "logs/access.log",
    registration: { allow: ["192.168.0.0/16"], metadata: "1KB" },
  });
  assert.equal(traffic.proxy.limits.headBytesMax, 32_768);
  assert.equal(traffic.proxy.limits.connectionAgeMsMax, 600_000);
  assert.deepEqual([traffic.proxy.timeouts.idleClientMs, traffic.proxy.timeouts.noWorkerWaitMs], [1_500, 0]);
  assert.deepEqual(traffic.proxy.retryBudget, { ratio: 0.1, reserve: 100, perSecondMin: 10 });
  assert.equal(traffic.proxy.accessLog, "/here/logs/access.log");
  assert.deepEqual(traffic.registration, {
    allow: ["192.168.0.0/16"],
    workersMax: 20_000,
    metadataBytesMax: 1_000,
  });
});

/** A configuration, and what is said of it; `*` stands for anything. */
const refusals: [unknown, ...string[]][] = [
  [5, ": 5 is not possible here; write an object"],
  [[], ": a list is not possible here; write an object"],
  [{ lisen: ":80" }, 'lisen: the key "lisen" is unknown; did you mean "listen"?'],
  [{ x: 1 }, 'x: the key "x" is unknown; known are *'],
  [{ listen: [] }, "listen: the list is empty; *"],
  [{ listen: "web" }, 'listen: "web" is no address to listen on; write ":8080" or "127.0.0.1:8080"'],
  [{ listen: ":65536" }, 'listen: ":65536" is no address to listen on; *'],
  [{ listen: "example.com:80" }, 'listen: "example.com" is a name; listen on an IP address of this host, *'],
  [{ listen: [":80", "127.0.0.1:80"] }, "listen[1]: 127.0.0.1:80 takes the same port as 0.0.0.0:80"],
  [{ listen: ":7600" }, "listen: 0.0.0.0:7600 takes the same port as control, 127.0.0.1:7600; *"],
  [{ proxies: 0 }, "proxies: 0 is out of range; allowed are 1 to 128"],
  [{ proxies: 1.5 }, "proxies: 1.5 is not a whole number"],
  [{ controllers: 4 }, "controllers: 4 is out of range; allowed are 1 to 3"],
  [
    { store: "etcd" },
    'store: there is no store "etcd"; write "sqlite", "memory", or "etcd://host:2379,host:2379"',
  ],
  [{ timeouts: { connect: "soon" } }, 'timeouts.connect: "soon" is no duration; *'],
  [{ timeouts: { conect: 1 } }, 'timeouts.conect: the key "conect" is unknown; did you mean "connect"?'],
  [{ limits: { head: "10 parsecs" } }, 'limits.head: "10 parsecs" is no size; *'],
  [{ limits: { head: 10 } }, "limits.head: 10 bytes is out of range; allowed are 1024 to 1048576 bytes"],
  [{ trustedProxies: ["10.0.0.0/33"] }, 'trustedProxies[0]: "10.0.0.0/33" is no range of addresses; *'],
  [{ services: { "a b": {} } }, 'services["a b"]: "a b" is no name of a service; *'],
  [
    { services: { a: ["http://x:1"] } },
    'services.a[0]: "http://x:1" is no worker\'s address; *without a scheme*',
  ],
  [{ services: { a: { workers: ["x"] } } }, 'services.a.workers[0]: "x" is no worker\'s address; *'],
  [{ services: { a: ["h:1", "h:1"] } }, "services.a[1]: the address h:1 stands here twice"],
  [{ services: { a: [{ address: "h:1", weight: -1 }] } }, "services.a[0].weight: -1 is out of range; *"],
  [
    { services: { a: { workers: [{ adress: "h:1" }] } } },
    'services.a.workers[0].address: the key "address" is missing',
    'services.a.workers[0].adress: the key "adress" is unknown; did you mean "address"?',
  ],
  [
    { services: { a: { check: { http: "healthz" } } } },
    'services.a.check.http: "healthz" does not begin with "/"',
  ],
  [
    { services: { a: { check: { http: "/", tcp: true } } } },
    'services.a.check: choose one of "http" and "tcp"',
  ],
  [{ services: { a: { policy: "p2" } } }, 'services.a.policy: "p2" is not possible here; *'],
  [
    { services: { a: { policy: "round-robbin" } } },
    'services.a.policy: "round-robbin" is not possible here; did you mean "round-robin"?',
  ],
  [
    { services: { a: { policy: { use: "rendez-vous" } } } },
    'services.a.policy.use: "rendez-vous" is not possible here; did you mean "rendezvous"?',
  ],
  [
    { services: { a: { policy: { use: "maglev", kee: "path" } } } },
    'services.a.policy.kee: the key "kee" is unknown; did you mean "key"?',
  ],
  [
    { services: { a: { policy: { use: "maglev", key: "heder:x-user" } } } },
    'services.a.policy.key: "heder:x-user" is no key of a request; did you mean "header"?',
  ],
  ...["header", "header:", "cookie:a b", "path:x", ""].map((key): [object, string] => [
    { services: { a: { policy: { use: "maglev", key } } } },
    `services.a.policy.key: "${key}" is no key of a request; *`,
  ]),
  [
    { services: { a: { policy: { use: "p2c", key: "path", bound: 2 } } } },
    'services.a.policy.key: "p2c" goes by no key; by key go rendezvous, ring-hash, maglev',
    'services.a.policy.bound: "p2c" has no bound; it is for rendezvous, ring-hash, maglev',
  ],
  [
    { services: { a: { policy: { use: "round-robin", aperture: 64 } } } },
    'services.a.policy.aperture: "round-robin" goes by all workers; an aperture is for least-wait, *',
  ],
  [
    { services: { a: { policy: { use: "p2c", aperture: 0 } } } },
    "services.a.policy.aperture: 0 is out of range; *",
  ],
  [
    { services: { a: { policy: { use: "maglev", bound: 1 } } } },
    "services.a.policy.bound: 1 is out of range; *",
  ],
  [{ routes: { api: "x" } }, 'routes.api: a route begins with "/" or a host; write "/api" for a path'],
  [{ routes: { "/a*": "x" } }, 'routes["/a*"]: "*" may only be the last segment, as in "/a/*"; *'],
  [{ routes: { "/a/*/b": "x" } }, 'routes["/a/*/b"]: "*" may only be the last segment, *'],
  [{ routes: { "/a/../b": "x" } }, 'routes["/a/../b"]: "/a/../b" has a segment ".."; *'],
  [{ routes: { "/a?b": "x" } }, 'routes["/a?b"]: "/a?b" has a "?" or "#"; *'],
  [{ routes: { "/caf\u00E9": "x" } }, '*write "/caf%C3%A9"'],
  [{ routes: { "/a/:id/:id": "x" } }, 'routes["/a/:id/:id"]: two segments have the same name'],
  [{ routes: { "a.test:80/": "x" } }, 'routes["a.test:80/"]: the host "a.test:80" has a port; *'],
  [{ routes: { "a.*.test/": "x" } }, 'routes["a.*.test/"]: "a.*.test" is no host; *'],
  [{ routes: { "/": {} } }, 'routes["/"].to: the key "to" is missing'],
  [{ routes: { "/": { to: {} } } }, 'routes["/"].to: name at least one service'],
  [{ routes: { "/": { to: { a: 0 } } } }, 'routes["/"].to: at least one weight must be above 0'],
  [{ routes: { "/": { to: { a: -1, b: 1 } } } }, 'routes["/"].to.a: the weight -1 is not 0 to 1000000'],
  [{ routes: { "/": [] } }, 'routes["/"]: the list is empty; name a service'],
  [{ routes: { "/": ["a", "b"] } }, 'routes["/"][1]: this route asks the same as "/", and is never reached'],
  [
    { routes: { "/": "a", "/*": "b" } },
    'routes["/*"]: this route asks the same as "/", and is never reached',
  ],
  [{ routes: { "/": { to: "a", methods: ["CONNECT"] } } }, 'routes["/"].methods: CONNECT is never forwarded'],
  [{ routes: { "/": { to: "a", methods: ["trace"] } } }, 'routes["/"].methods: TRACE is never forwarded'],
  [{ routes: { "/": { to: "a", upgrades: ["h2c"] } } }, 'routes["/"].upgrades[0]: an upgrade to h2c *'],
  [
    { routes: { "/": { to: "a", headers: { Host: "b" } } } },
    'routes["/"].headers.Host: hosts are matched with "hosts"',
  ],
  [
    { routes: { "/a": { to: "a", strip: true, rewrite: "/b" } } },
    'routes["/a"]: choose one of "strip" and "rewrite"',
  ],
  [
    { routes: { "/a/*": { to: "a", strip: "/b" } } },
    'routes["/a/*"].strip: "/b" is no prefix of the route\'s path "/a"',
  ],
  [{ routes: { "/": { to: "a", strip: true } } }, 'routes["/"].strip: nothing would be taken off; *'],
];

for (const [written, ...expected] of refusals) {
  test(`refused: ${JSON.stringify(written)}`, () => {
    const found = faults(written);
    assert.equal(found.length, expected.length, found.join("\n"));
    for (const [at, pattern] of expected.entries()) {
      const parts = pattern.split("*");
      const literal = parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
      // In these texts `"/*"` and the like are meant as they stand.
      const matched = found[at] === pattern || new RegExp(`^${literal.join(".*")}$`).test(found[at] ?? "");
      assert.ok(matched, `${found[at]}\n${pattern}`);
    }
  });
}

test("all faults are told at once", () => {
  assert.equal(
    faults({ listen: "x", proxies: -1, routes: { "/a//b": "w", "/c": { to: "d", timeout: "?" } } }).length,
    4,
  );
});

test("one part of a wrong shape hides nothing of the others", () => {
  const written = {
    listen: "x y",
    timeouts: { head: "10x" },
    services: { web: { maxInFlight: -1 }, api: { maxInFlight: "many" } },
    routes: { x: "y", "/a": 3 },
  };
  assert.deepEqual(
    faults(written).map((fault) => fault.split(":")[0]),
    [
      "services.api.maxInFlight",
      'routes["/a"]',
      "listen",
      "services.web.maxInFlight",
      "routes.x",
      "timeouts.head",
    ],
  );
});

/** The first key is misshapen; what the others say would be wrong by the default that counts in its place. */
const restingOnMisshapen: [string, Record<string, unknown>][] = [
  ["control", { control: true, listen: ":7600" }],
  ["listen", { listen: true, services: { web: ["127.0.0.1:8080"] } }],
  ["tls", { tls: true, listen: { address: ":80", redirect: "https" } }],
  ["services.web", { services: { web: 5 }, routes: { "/": "web:canary" } }],
  ["services", { services: 5, routes: { "/": "web:canary" } }],
  ["join", { join: 5, role: "proxy" }],
  ["role", { role: 5, join: "10.0.0.5:7600" }],
];

for (const [misshapen, written] of restingOnMisshapen) {
  test(`of what rests on a misshapen ${misshapen} nothing is said`, () => {
    assert.deepEqual(
      faults(written).map((fault) => fault.split(":")[0]),
      [misshapen],
    );
  });
}

test("names of properties of every object are data", () => {
  const written = JSON.parse(
    '{"routes": {"/": {"to": "constructor"}}, "services": {"toString": []}}',
  ) as unknown;
  const { services } = resolved(written).traffic;
  assert.equal(Object.hasOwn(services, "constructor") && services["constructor"]?.name, "constructor");
});

test("a name that would be left out without a word is refused", () => {
  const written = (text: string): string[] => faults(JSON.parse(text)).map(String);
  for (const name of ["__proto__", "constructor", "prototype"]) {
    for (const text of [
      `{"services": {"${name}": []}}`,
      `{"routes": {"${name}": "web"}}`,
      `{"${name}": 1}`,
    ]) {
      const [fault = "", ...more] = written(text);
      assert.match(fault, new RegExp(`"${name}" cannot be used as a name here`), text);
      assert.deepEqual(more, []);
    }
  }
});

test("an empty state is no directory", () => {
  assert.match(String(faults({ state: "" })), /a directory is missing; write ".\/\.skein"/);
});

test("a store in memory has one controller", () => {
  assert.equal(resolved({ store: "memory" }).controllers, 1);
  assert.equal(faults({ store: "memory", controllers: 2 }).length, 1);
});
