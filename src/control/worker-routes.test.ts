import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../runtime/clock.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { AddressRules } from "./address-rules.ts";
import { createApp } from "./app.ts";
import type { Caller } from "./caller.ts";
import { RateLimit } from "./rate-limit.ts";
import { TestPorts, testToken, workerView } from "./testing-ports.ts";

const caller: Caller = { trusted: false, address: "127.0.0.1", loopback: true, localAddress: "127.0.0.1" };
const headers = {
  host: "127.0.0.1:7600",
  "content-type": "application/json",
  authorization: `Bearer ${testToken}`,
};

/** Heartbeats of a/1 at `address`, from 10.0.0.9; names lead where `places` says. */
function beats(address: string) {
  const ports = new TestPorts();
  const places = new Map<string, string>();
  const rules = new AddressRules(async (name) => places.get(name) ?? "127.0.0.1");
  const app = createApp(ports, rules, new RateLimit(systemClock, 10));
  const from: Caller = { trusted: false, address: "10.0.0.9", loopback: false, localAddress: "10.0.0.1" };
  const body = JSON.stringify({ service: "a", id: "1", address });
  /** Gives the code with which it is refused. */
  const beat = async (): Promise<string | undefined> => {
    const answer = await app.request("/v1/heartbeat", { headers, method: "POST", body }, { caller: from });
    return ((await answer.json()) as { code?: string }).code;
  };
  return { ports, places, beat };
}

test("a heartbeat that no configuration allows yet may come again", async () => {
  const { ports, beat } = beats("10.5.0.1:80");
  ports.unready = "not yet";
  assert.equal(await beat(), "not-ready");
  ports.unready = undefined;
  assert.equal(await beat(), "address-forbidden");
});

test("a heartbeat under a name stays where it led while that worker is well, and is where it leads when it is not", async () => {
  const { ports, places, beat } = beats("moves.internal:80");
  ports.allow = ["10.5.0.0/16"];
  const known = { ...workerView("a", "1"), address: "10.5.0.1:80" };
  for (const [ip, workersThere] of [
    ["10.5.0.1", []],
    ["10.5.0.2", [known]],
    ["10.5.0.2", [{ ...known, state: "suspect" }]],
  ] as const) {
    places.set("moves.internal", ip);
    ports.workersThere = [...workersThere];
    await beat();
  }
  assert.deepEqual(
    ports.heartbeats.map(({ request }) => request.address),
    ["10.5.0.1:80", "10.5.0.1:80", "10.5.0.2:80"],
  );
});

test("one that has left gets neither a drain nor a weight; what it had can be taken back", async () => {
  const ports = new TestPorts();
  const app = createApp(ports, new AddressRules(async () => "127.0.0.1"), new RateLimit(systemClock, 10));
  const reason = "it left in order";
  ports.workersThere = [{ ...workerView("a", "y"), state: "left", reason, stateForMs: 12_000 }];
  const change = async (verb: string, body = ""): Promise<Response> =>
    app.request(`http://127.0.0.1:7600/v1/workers/y/${verb}`, { headers, method: "POST", body }, { caller });
  for (const refused of [await change("weight", '{"weight":0.5}'), await change("drain")]) {
    const { code, detail } = (await refused.json()) as { code: string; detail: string };
    assert.deepEqual([refused.status, code], [400, "invalid"]);
    assert.match(detail, /a\/y left 12 s ago \(it left in order\).*skein ps -s a/);
  }
  assert.equal((await change("weight", '{"weight":null}')).status, 200);
  assert.equal((await change("undrain")).status, 200);
  assert.deepEqual(ports.done, ["weight a/y null", "undrain a/y"]);
});

test("a drain or weight of a worker that is registered no longer is taken back by its name", async () => {
  const ports = new TestPorts();
  const app = createApp(ports, new AddressRules(async () => "127.0.0.1"), new RateLimit(systemClock, 10));
  ports.overrides = [
    { service: "a", id: "y" },
    { service: "a", id: "z" },
    { service: "b", id: "z" },
  ];
  const change = async (target: string, body = ""): Promise<Response> =>
    app.request(`http://127.0.0.1:7600/v1/workers/${target}`, { headers, method: "POST", body }, { caller });
  assert.equal((await change("y/undrain?service=a")).status, 200);
  assert.equal((await change("y/weight", '{"weight":null}')).status, 200);
  assert.equal((await change("z/undrain?service=b")).status, 200);
  assert.deepEqual(ports.done.splice(0), ["undrain a/y", "weight a/y null", "undrain b/z"]);

  const told = async (answer: Response): Promise<[number, string]> => {
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return [answer.status, `${code}: ${detail}`];
  };
  const [status, text] = await told(await change("z/undrain"));
  assert.equal(status, 409);
  assert.match(text, /worker-ambiguous: Workers of a, b have the id "z"/);
  for (const target of ["y/drain?service=a", "y/weight?service=a"]) {
    const [status, text] = await told(await change(target, '{"weight":2}'));
    assert.equal(status, 404);
    assert.match(text, /set for a\/y is kept for its next life: skein undrain/);
  }
  assert.match((await told(await change("x/undrain")))[1], /^worker-unknown: No worker "x" is registered/);
  assert.deepEqual(ports.done, []);
});

test("each host that says only its port has a share of heartbeats of its own", async () => {
  const rate = new RateLimit(new VirtualProcess(new VirtualTime()).clock, 1);
  const app = createApp(new TestPorts(), new AddressRules(), rate);
  const beat = async (address: string): Promise<number> => {
    const body = JSON.stringify({ service: "orders", address: ":8081" });
    const remote = { trusted: false, address, loopback: false, localAddress: "10.0.0.1" };
    const from = { ...headers, host: "10.0.0.1:7600" };
    const init = { method: "POST", headers: from, body };
    return (await app.request("/v1/heartbeat", init, { caller: remote })).status;
  };
  assert.equal(await beat("10.0.1.1"), 200);
  assert.equal(await beat("10.0.1.2"), 200);
  assert.equal(await beat("10.0.1.1"), 429);
});

test("a standby tells the leader which worker it means, and one that it does not know by name; it answers by what it knows", async () => {
  const ports = new TestPorts();
  const app = createApp(ports, new AddressRules(async () => "127.0.0.1"), new RateLimit(systemClock, 10));
  const left = { ...workerView("a", "gone"), state: "left" as const };
  ports.workersThere = [{ ...workerView("a", "y"), weight: 3 }, left];
  ports.overrides = [{ service: "a", id: "next" }];
  const asked: unknown[] = [];
  ports.leader = {
    kind: "elsewhere",
    ask: async ({ target, worker }) => {
      asked.push([target, worker?.service]);
      return { status: 200, headers: {}, body: JSON.stringify({ v: 1, worker: workerView("a", "y") }) };
    },
  };
  const change = async (target: string, body = ""): Promise<unknown> => {
    const init = { headers, method: "POST", body };
    const answer = await app.request(`http://127.0.0.1:7600/v1/workers/${target}`, init, { caller });
    const { code, worker } = (await answer.json()) as { code?: string; worker?: { weight: number } };
    return code ?? worker?.weight;
  };
  assert.equal(await change("y/weight", '{"weight":3}'), 3);
  assert.equal(await change("next/undrain"), undefined, "registered no longer");
  assert.equal(await change("unknown/drain"), 1, "as the leader knows it");
  for (const refused of [change("gone/drain"), change("y/weight", '{"weight":-1}')])
    assert.equal(await refused, "invalid");
  assert.deepEqual(asked, [
    ["/v1/workers/y/weight", "a"],
    ["/v1/workers/next/undrain", "a"],
    ["/v1/workers/unknown/drain", undefined],
  ]);
});
