import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { createApp } from "./app.ts";
import type { Caller } from "./caller.ts";
import { RateLimit } from "./rate-limit.ts";
import { TestPorts, testToken } from "./testing-ports.ts";

const caller: Caller = { trusted: false, address: "127.0.0.1", loopback: true, localAddress: "127.0.0.1" };
const headers = { host: "127.0.0.1:7600", authorization: `Bearer ${testToken}` };

interface Operation {
  responses: Record<string, unknown>;
  requestBody?: { required: boolean; content: Record<string, { schema: object }> };
}

async function setUp() {
  const noNames = async (): Promise<string> => await Promise.reject(new Error("silent"));
  const app = createApp(new TestPorts(), new AddressRules(noNames), new RateLimit(systemClock, 10));
  const ask = async (method: string, target: string, more: { body?: string; type?: string } = {}) => {
    const { body = null, type } = more;
    const typed = type === undefined ? headers : { ...headers, "content-type": type };
    return app.request(`http://127.0.0.1:7600${target}`, { method, headers: typed, body }, { caller });
  };
  const document = (await (await ask("GET", "/v1/openapi.json")).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const operation = (method: string, path: string): Operation | undefined =>
    document.paths[path]?.[method.toLowerCase()];
  return { ask, operation };
}

for (const [path, query] of [
  ["/v1/events", "limit=x"],
  ["/v1/requests", "code=x"],
  ["/metrics", "part=x"],
  ["/v1/prometheus/targets", "of=x"],
  ["/v1/routes/explain", "target=x"],
] as const) {
  test(`that ${path} may be asked wrongly is in the document`, async () => {
    const { ask, operation } = await setUp();
    assert.equal((await ask("GET", `${path}?${query}`)).status, 400);
    assert.ok("400" in (operation("GET", path)?.responses ?? {}));
  });
}

test("that a write needs a body of JSON where nothing of it is read is in the document", async () => {
  const { ask, operation } = await setUp();
  for (const path of ["/v1/workers/{id}/drain", "/v1/tokens/{id}/rotate", "/v1/store/adopt"]) {
    const target = path.replace("{id}", "x");
    assert.equal((await ask("POST", target)).status, 415, path);
    const [type] = Object.keys(operation("POST", path)?.requestBody?.content ?? {});
    assert.ok(type !== undefined, path);
    assert.notEqual((await ask("POST", target, { body: "{}", type })).status, 415, path);
  }
});

test("that a name cannot be looked up now is in the document", async () => {
  const { ask, operation } = await setUp();
  const body = JSON.stringify({ service: "orders", address: "orders.internal:80" });
  assert.equal((await ask("POST", "/v1/heartbeat", { body, type: "application/json" })).status, 503);
  assert.ok("503" in (operation("POST", "/v1/heartbeat")?.responses ?? {}));
});
