import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { client, type ServiceClient } from "./client.ts";
import { TestingPlace } from "./testing-place.ts";

async function refused(t: TestContext, headers: Record<string, string>): Promise<ServiceClient> {
  const place = await TestingPlace.start(t, "gateway");
  place.answer = (_request, response) => {
    response.writeHead(429, { "x-skein-reason": "rate-limited", ...headers }).end();
  };
  const orders = client("orders", { gateways: place.address });
  t.after(() => orders.close());
  return orders;
}

test("a gateway's refusal tells its caller when to come again, and by which id to ask why", async (t) => {
  const orders = await refused(t, { "retry-after": "7", "x-request-id": "1c09d4-7k" });
  await assert.rejects(orders.fetch("/"), {
    code: "rate-limited",
    message: /answered 429 rate-limited \(skein why 1c09d4-7k\)$/,
    requestId: "1c09d4-7k",
    retryAfterMs: 7_000,
  });
});

test("what no gateway says so is not passed on", async (t) => {
  const orders = await refused(t, { "retry-after": "soon", "x-request-id": "rm -rf /" });
  await assert.rejects(orders.fetch("/"), {
    message: /answered 429 rate-limited$/,
    requestId: undefined,
    retryAfterMs: undefined,
  });
});

test("an answer may have as large a head as a gateway passes on", async (t) => {
  const place = await TestingPlace.start(t, "gateway");
  const cookie = "c".repeat(60_000);
  place.answer = (_request, response) => void response.writeHead(200, { "set-cookie": cookie }).end();
  const orders = client("orders", { gateways: place.address });
  t.after(() => orders.close());
  assert.equal((await orders.fetch("/")).headers.get("set-cookie"), cookie);
});
