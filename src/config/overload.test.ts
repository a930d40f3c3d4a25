import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import type { RouteConfig, ServiceConfig } from "./config.ts";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

function resolved(written: unknown): GatewayConfiguration | string[] {
  const result = resolveConfiguration(written, testSurroundings);
  return result.ok
    ? result.configuration
    : result.issues.map(({ path, message }) => `${keyText(path)}: ${message}`);
}

const services: [ServiceConfig, object | string][] = [
  [{}, {}],
  [{ adaptiveLimit: true }, {}],
  [{ adaptiveLimit: false }, { adaptiveLimit: false }],
  [{ adaptiveLimit: { least: 16 } }, { adaptiveLimit: { min: 16 } }],
  [{ fairBy: "header:X-Tenant" }, { fairBy: { from: "header", name: "x-tenant" } }],
  [{ adaptiveLimit: { least: 0 } }, "services.web.adaptiveLimit.least"],
  [{ fairBy: "haeder:x" }, 'did you mean "header"?'],
];

for (const [written, expected] of services) {
  test(`a service with ${JSON.stringify(written)}`, () => {
    const found = resolved({ services: { web: written } });
    if (typeof expected === "string") {
      assert.ok(Array.isArray(found) && found[0]?.includes(expected), JSON.stringify(found));
      return;
    }
    assert.ok(!Array.isArray(found), JSON.stringify(found));
    const { adaptiveLimit, fairBy } = found.traffic.services["web"] ?? {};
    assert.deepEqual(JSON.parse(JSON.stringify({ adaptiveLimit, fairBy })), expected);
  });
}

const byAddress = { from: "address" };

const routes: [Omit<RouteConfig, "to">, object | string][] = [
  [{}, {}],
  [{ priority: "critical" }, { priority: { use: "critical" } }],
  [{ priority: { header: "X-Class" } }, { priority: { use: "normal", header: "x-class" } }],
  [
    { priority: { use: "sheddable", header: "x", raise: true } },
    { priority: { use: "sheddable", header: "x", raise: true } },
  ],
  [
    { rateLimit: { requests: 100 } },
    { rateLimit: { requests: 100, perMs: 1_000, burst: 100, key: byAddress } },
  ],
  [
    { rateLimit: { requests: 5, per: "1m", burst: 2, key: "cookie:Session" } },
    { rateLimit: { requests: 5, perMs: 60_000, burst: 2, key: { from: "cookie", name: "Session" } } },
  ],
  [{ priority: { raise: true } }, 'it needs a "header"'],
  [{ priority: { header: "a b" } }, "is no header's name"],
  [{ priority: "urgent" as "normal" }, "priority"],
  [{ rateLimit: { requests: 0 } }, "rateLimit.requests"],
  [{ rateLimit: { requests: 1, per: "soon" } }, "is no duration"],
  [{ rateLimit: { requests: 1, key: "tenant" } }, "is no key of a request"],
];

for (const [written, expected] of routes) {
  test(`a route with ${JSON.stringify(written)}`, () => {
    const found = resolved({ routes: { "/": { to: "web", ...written } } });
    if (typeof expected === "string") {
      assert.ok(Array.isArray(found) && found[0]?.includes(expected), JSON.stringify(found));
      return;
    }
    assert.ok(!Array.isArray(found), JSON.stringify(found));
    const { priority, rateLimit } = found.traffic.routes[0] ?? {};
    assert.deepEqual(JSON.parse(JSON.stringify({ priority, rateLimit })), expected);
  });
}
