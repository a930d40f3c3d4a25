import assert from "node:assert/strict";
import { test } from "node:test";
import { routeToOnlyService, unconfiguredService } from "../registry/defaults.ts";
import { defaultService } from "./defaults.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

test("a service that joined unasked has the settings of one that is only named", () => {
  assert.deepEqual(unconfiguredService("web"), defaultService("web"));
});

test("the route to the only service is the one that people would write", () => {
  const written = { routes: { "/": "web" } };
  const resolved = resolveConfiguration(written, testSurroundings);
  assert.ok(resolved.ok);
  assert.deepEqual(resolved.configuration.traffic.routes, [routeToOnlyService("web")]);
});
