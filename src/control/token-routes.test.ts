import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import type { TokenReply, TokensReply } from "../protocol/join-token.ts";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { createApp } from "./app.ts";
import type { Caller } from "./caller.ts";
import { RateLimit } from "./rate-limit.ts";
import { TestPorts, testToken, workerView } from "./testing-ports.ts";

const far: Caller = { trusted: false, address: "10.0.0.9", loopback: false, localAddress: "10.0.0.1" };
const near: Caller = { trusted: false, address: "127.0.0.1", loopback: true, localAddress: "127.0.0.1" };

const parse = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));

function setUp() {
  const ports = new TestPorts();
  const rules = new AddressRules(async () => "10.0.0.9");
  const app = createApp(ports, rules, new RateLimit(systemClock, 100));
  const ask = async (
    what: string,
    options: { token?: string; body?: object; caller?: Caller } = {},
  ): Promise<{ status: number; code: string | null; body: unknown }> => {
    const [method = "", path = ""] = what.split(" ");
    const { token, body, caller = far } = options;
    const headers: Record<string, string> = { host: "127.0.0.1", "content-type": "application/json" };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    const init = { method, headers, ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}) };
    const answer = await app.request(path, init, { caller });
    return {
      status: answer.status,
      code: answer.headers.get("x-skein-reason"),
      body: parse(await answer.text()),
    };
  };
  const create = async (body: object): Promise<string> => {
    const { status, body: reply } = await ask("POST /v1/tokens", { token: testToken, body });
    assert.equal(status, 200);
    return (reply as TokenReply).token;
  };
  return { ports, ask, create };
}

const beat = { service: "orders", id: "o1", address: "10.0.0.9:8081" };

test("an operator makes a token, and with it a worker of another host joins", async () => {
  const { ports, ask, create } = setUp();
  assert.equal((await ask("POST /v1/heartbeat", { body: beat })).code, "unauthorized");
  const token = await create({ scope: "worker" });
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).status, 200);
  assert.equal(ports.heartbeats.length, 1);
  // It is good for nothing else.
  for (const what of [
    "GET /v1/workers",
    "GET /v1/routing-table",
    "POST /v1/evidence",
    "POST /v1/workers/o1/drain",
  ]) {
    assert.equal((await ask(what, { token })).code, "unauthorized", what);
  }
  for (const what of ["POST /v1/tokens", "GET /v1/tokens", "DELETE /v1/tokens/x"]) {
    for (const caller of [far, near])
      assert.equal((await ask(what, { token, caller })).code, "unauthorized", what);
  }
});

test("a list of tokens shows no secret", async () => {
  const { ask, create } = setUp();
  const token = await create({ scope: "worker", services: ["orders"], expiresInMs: 60_000 });
  const { body } = await ask("GET /v1/tokens", { token: testToken });
  const [view] = (body as TokensReply).tokens;
  assert.deepEqual(view, {
    id: token.split("-")[2],
    scope: "worker",
    services: ["orders"],
    createdAt: "2026-01-01T00:00:00.000Z",
    expiresAt: "2026-01-01T00:01:00.000Z",
    secrets: 1,
  });
});

test("a token for some services lets no other join", async () => {
  const { ask, create } = setUp();
  const token = await create({ scope: "worker", services: ["orders", "stock"] });
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).status, 200);
  const other = await ask("POST /v1/heartbeat", { token, body: { ...beat, service: "users" } });
  assert.equal(other.code, "forbidden");
});

test("a token that may not speak for a worker uses up none of its heartbeats", async () => {
  const { ask, create } = setUp();
  const [own, foreign] = [
    await create({ scope: "worker" }),
    await create({ scope: "worker", services: ["stock"] }),
  ];
  for (let index = 0; index < 150; index += 1)
    assert.equal((await ask("POST /v1/heartbeat", { token: foreign, body: beat })).code, "forbidden");
  assert.equal((await ask("POST /v1/heartbeat", { token: own, body: beat })).status, 200);
});

test("after its end who lives beats on, and nobody new joins, whatever the wall clock says", async () => {
  const { ports, ask, create } = setUp();
  const token = await create({ scope: "worker", expiresInMs: 60_000 });
  ports.wallTime = "2026-01-01T01:00:00.000Z";
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).code, "unauthorized");
  ports.workersThere = [workerView("orders", "o1")];
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).status, 200);
  ports.workersThere = [{ ...workerView("orders", "o1"), state: "dead" }];
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).code, "unauthorized");
});

test("a token whose share of the registry is full lets nobody new join; who has joined beats on", async () => {
  const { ports, ask, create } = setUp();
  const token = await create({ scope: "worker" });
  ports.shareMax = 0;
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).code, "too-many-workers");
  ports.workersThere = [workerView("orders", "o1")];
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).status, 200);
  assert.equal((await ask("POST /v1/heartbeat", { body: beat, caller: near })).code, "address-forbidden");
  const here = { ...beat, id: "o2", address: "127.0.0.1:8081" };
  assert.equal((await ask("POST /v1/heartbeat", { body: here, caller: near })).status, 200);
});

test("what a host with proxies only reports is taken as from elsewhere", async () => {
  const { ports, ask, create } = setUp();
  const token = await create({ scope: "gateway" });
  const report = {
    v: 1,
    proxy: "edge:proxy-1",
    instance: "a",
    connections: { open: 0, accepted: 0, refused: 0 },
    services: {},
    problems: {},
    retries: { taken: 0, denied: 0 },
    poisoned: {},
  };
  const from: string[] = [];
  ports.statistics = (_report, place) => from.push(place);
  for (const by of [token, testToken])
    assert.equal((await ask("POST /v1/statistics", { token: by, body: report })).status, 200);
  assert.deepEqual(from, ["elsewhere", "here"]);
});

test("rotate: both secrets are good until the next; revoke: none is", async () => {
  const { ask, create } = setUp();
  const first = await create({ scope: "worker" });
  const id = first.split("-")[2];
  const rotate = async (): Promise<string> =>
    ((await ask(`POST /v1/tokens/${id}/rotate`, { token: testToken })).body as TokenReply).token;
  const comes = async (token: string): Promise<boolean> =>
    (await ask("POST /v1/heartbeat", { token, body: beat })).status === 200;
  const second = await rotate();
  assert.deepEqual([await comes(first), await comes(second)], [true, true]);
  const third = await rotate();
  assert.deepEqual([await comes(first), await comes(second), await comes(third)], [false, true, true]);
  assert.equal((await ask(`DELETE /v1/tokens/${id}`, { token: testToken })).status, 200);
  assert.deepEqual([await comes(second), await comes(third)], [false, false]);
  assert.equal((await ask(`DELETE /v1/tokens/${id}`, { token: testToken })).code, "not-found");
});

test("a rotation tells what is to be added, not the token as it was read", async () => {
  const { ports, ask, create } = setUp();
  const id = (await create({ scope: "worker" })).split("-")[2];
  const written: string[] = [];
  ports.putToken = async () => void written.push("put");
  ports.rotateToken = async (rotated, { hash }) =>
    void written.push(`${rotated} ${/^[0-9a-f]{64}$/.test(hash)}`);
  const { body } = await ask(`POST /v1/tokens/${id}/rotate`, { token: testToken });
  assert.equal((body as TokenReply).view.secrets, 2);
  ports.rotateToken = async () => {
    throw new SkeinError("notFound", "It was revoked meanwhile.");
  };
  const late = await ask(`POST /v1/tokens/${id}/rotate`, { token: testToken });
  assert.deepEqual([late.code, "token" in (late.body as object)], ["not-found", false]);
  assert.deepEqual(written, [`${id} true`]);
});

test("a gateway's token reads and tells what proxies do, and changes nothing", async () => {
  const { ports, ask, create } = setUp();
  const token = await create({ scope: "gateway" });
  await ask("GET /v1/routing-table", { token });
  assert.deepEqual(ports.tablesAsked, [true]);
  assert.equal((await ask("GET /v1/workers", { token })).status, 200);
  const evidence = { v: 1, proxy: "proxy-1", items: [] };
  assert.notEqual((await ask("POST /v1/evidence", { token, body: evidence })).code, "unauthorized");
  assert.equal((await ask("POST /v1/heartbeat", { token, body: beat })).code, "unauthorized");
  assert.equal((await ask("DELETE /v1/workers/o1", { token })).code, "unauthorized");
});

test("what is no wish for a token is refused", async () => {
  const { ports, ask } = setUp();
  const bad = [
    {},
    { scope: "operator" },
    { scope: "worker", services: ["a b"] },
    { scope: "gateway", services: ["orders"] },
    { scope: "worker", expiresInMs: 0 },
    { scope: "worker", more: 1 },
  ];
  for (const body of bad) {
    assert.equal(
      (await ask("POST /v1/tokens", { token: testToken, body })).code,
      "invalid",
      JSON.stringify(body),
    );
  }
  assert.deepEqual(ports.tokens, []);
});
