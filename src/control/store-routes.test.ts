import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { createApp } from "./app.ts";
import type { Caller } from "./caller.ts";
import { RateLimit } from "./rate-limit.ts";
import { TestPorts, testToken } from "./testing-ports.ts";

const local: Caller = { address: "127.0.0.1", localAddress: "127.0.0.1", loopback: true, trusted: false };

function setUp() {
  const ports = new TestPorts();
  const rules = new AddressRules(async () => "127.0.0.1");
  const app = createApp(ports, rules, new RateLimit(systemClock, 10));
  const ask = async (method: string, path: string, token = true) => {
    const headers = {
      host: "localhost:7600",
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${testToken}` } : {}),
    };
    const response = await app.request(path, { method, headers }, { caller: local });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  return { ports, ask };
}

test("the store's condition is free to read, and says why it is not sound", async () => {
  const { ask } = setUp();
  const { status, body } = await ask("GET", "/v1/store", false);
  assert.deepEqual([status, body["condition"], body["what"]], [200, "held", "it was set back"]);
});

const beyond = { kind: "beyond", leader: { name: "b/controller-1", url: "https://10.0.0.2:7601" } } as const;

test("the word about a store that is held is for the controller that is asked, whoever leads", async () => {
  const { ports, ask } = setUp();
  for (const leader of [{ kind: "nobody" }, beyond, { kind: "here" }] as const) {
    ports.leader = leader;
    assert.equal((await ask("POST", "/v1/store/adopt")).status, 200);
  }
  assert.equal((await ask("POST", "/v1/store/republish")).status, 200);
  assert.equal((await ask("POST", "/v1/store/republish", false)).body["code"], "unauthorized");
  assert.deepEqual(ports.done, ["store adopt", "store adopt", "store adopt", "store republish"]);
});

test("a change is not passed on to a leader of another gateway, and the answer says where to make it", async () => {
  const { ports, ask } = setUp();
  ports.leader = beyond;
  const { status, body } = await ask("POST", "/v1/workers/y/drain");
  assert.deepEqual([status, body["code"]], [503, "no-leader"]);
  assert.match(body["detail"] ?? "", /^b\/controller-1 \(https:\/\/10.0.0.2:7601\) leads.*Make them there/);
  ports.leader = { kind: "beyond", leader: undefined };
  const unnamed = await ask("POST", "/v1/workers/y/drain");
  assert.match(unnamed.body["detail"] ?? "", /^A controller of another gateway leads/);
});
