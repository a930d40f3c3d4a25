import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import type { PeerAnswer, PeerRequest } from "../protocol/peer.ts";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { type ControlApp, createApp } from "./app.ts";
import { type Caller, trustedCaller } from "./caller.ts";
import { RateLimit } from "./rate-limit.ts";
import { TestPorts, testToken, workerView } from "./testing-ports.ts";

const local: Caller = { trusted: false, address: "127.0.0.1", loopback: true, localAddress: "127.0.0.1" };
const remote: Caller = { trusted: false, address: "10.0.0.9", loopback: false, localAddress: "10.0.0.1" };
const json = { host: "127.0.0.1:7600", "content-type": "application/json" };
const withToken = { ...json, authorization: `Bearer ${testToken}` };

interface Setup {
  ports: TestPorts;
  app: ControlApp;
  ask: (
    method: string,
    path: string,
    init?: { headers?: Record<string, string>; body?: string; caller?: Caller },
  ) => Promise<Asked>;
}

interface Asked {
  status: number;
  code: string | undefined;
  detail: string;
  body: Record<string, unknown>;
  headers: Headers;
}

function setUp(): Setup {
  const ports = new TestPorts();
  const rules = new AddressRules(async (name) => {
    if (name === "localhost") return "127.0.0.1";
    if (name === "metadata.internal") return "169.254.169.254";
    throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  });
  const app = createApp(ports, rules, new RateLimit(systemClock, 10));
  return {
    ports,
    app,
    async ask(method, path, { headers = json, body, caller = local } = {}) {
      const init = { method, headers, ...(body === undefined ? {} : { body }) };
      const response = await app.request(path, init, { caller });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
      const { status } = response;
      const code = status >= 400 ? String(parsed["code"]) : undefined;
      if (code !== undefined) assert.equal(response.headers.get("x-skein-reason"), code);
      return {
        status,
        code,
        detail: typeof parsed["detail"] === "string" ? parsed["detail"] : "",
        body: parsed,
        headers: response.headers,
      };
    },
  };
}

const beat = { service: "orders", address: "127.0.0.1:8081" };

test("a heartbeat needs service and address, and is answered with what to do next", async () => {
  const { ask, ports } = setUp();
  const { status, body } = await ask("POST", "/v1/heartbeat", {
    body: JSON.stringify({ ...beat, load: { inFlight: 3 } }),
  });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    v: 1,
    generation: 1,
    ttlMs: 3_000,
    heartbeatEveryMs: 1_000,
    desired: "serve",
    controllers: ["http://127.0.0.1:7601"],
  });
  assert.deepEqual(ports.heartbeats, [
    {
      request: {
        service: "orders",
        id: "127.0.0.1:8081",
        address: "127.0.0.1:8081",
        weight: 1,
        tags: [],
        metadata: {},
      },
      load: { inFlight: 3 },
    },
  ]);
});

const manyKeys = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, "v"]));

// What comes in, and which field the answer must name.
const badHeartbeats: [name: string, body: unknown, code: string, says: RegExp][] = [
  ["no JSON", "{", "invalid", /not JSON/],
  ["an array", [], "invalid", /service: it is missing/],
  ["no service", { address: ":1" }, "invalid", /service/],
  ["a service with blanks", { ...beat, service: "a b" }, "invalid", /service: must be 1 to 64/],
  ["a service of the prototype", { ...beat, service: "__proto__" }, "invalid", /service/],
  ["a number as address", { ...beat, address: 8081 }, "invalid", /address: .*string/i],
  ["an absurd address", { ...beat, address: "http://x/" }, "invalid", /address: .* is not host:port/],
  ["port 0", { ...beat, address: "127.0.0.1:0" }, "invalid", /address/],
  ["a lease too short", { ...beat, ttlMs: 10 }, "invalid", /ttlMs/],
  ["a text as lease", { ...beat, ttlMs: "3000" }, "invalid", /ttlMs: .*number/i],
  ["a negative weight", { ...beat, weight: -1 }, "invalid", /weight/],
  ["an unknown field", { ...beat, adress: 1 }, "invalid", /adress/],
  ["an id with a line break", { ...beat, id: "a\nb" }, "invalid", /id/],
  [
    "a version with a control character",
    { ...beat, version: "1\u001b[31m" },
    "invalid",
    /version: must not contain control/,
  ],
  ["too many metadata keys", { ...beat, metadata: manyKeys }, "invalid", /metadata: must have at most 32/],
  ["a metadata key in upper case", { ...beat, metadata: { A: "b" } }, "invalid", /metadata/],
  ["a metadata value that is no text", { ...beat, metadata: { a: 1 } }, "invalid", /metadata\.a/],
  [
    "metadata over 4 KiB",
    { ...beat, metadata: { a: "x".repeat(4_090) } },
    "invalid",
    /metadata: has \d+ bytes/,
  ],
  [
    "a body over 16 KiB",
    { ...beat, metadata: { a: "x".repeat(20_000) } },
    "payload-too-large",
    /at most 16384 bytes/,
  ],
  ["a load of another type", { ...beat, load: { inFlight: "many" } }, "invalid", /load\.inFlight/],
  [
    "a utilization over 1",
    { ...beat, load: { eventLoopUtilization: 2 } },
    "invalid",
    /load\.eventLoopUtilization/,
  ],
  ["too many tags", { ...beat, tags: Array<string>(33).fill("x") }, "invalid", /tags/],
  ["cloud metadata", { ...beat, address: "169.254.169.254:80" }, "address-forbidden", /link-local/],
  [
    "a name of cloud metadata",
    { ...beat, address: "metadata.internal:80" },
    "address-forbidden",
    /link-local/,
  ],
  ["a name that is none", { ...beat, address: "nowhere.internal:80" }, "invalid", /cannot be resolved/],
  ["multicast", { ...beat, address: "224.0.0.1:80" }, "address-forbidden", /multicast/],
  ["unspecified", { ...beat, address: "0.0.0.0:80" }, "address-forbidden", /unspecified/],
  [
    "IPv4-mapped link-local",
    { ...beat, address: "[::ffff:169.254.169.254]:80" },
    "address-forbidden",
    /link-local/,
  ],
  ["the gateway itself", { ...beat, address: "127.0.0.1:8080" }, "address-forbidden", /gateway itself/],
  [
    "the gateway on every address",
    { ...beat, address: "127.0.0.2:9090" },
    "address-forbidden",
    /gateway itself/,
  ],
  [
    "somebody else's address",
    { ...beat, address: "10.1.2.3:80" },
    "address-forbidden",
    /not the address that you came from/,
  ],
];

for (const [name, body, code, says] of badHeartbeats) {
  test(`refused heartbeat: ${name}`, async () => {
    const { ask, ports } = setUp();
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await ask("POST", "/v1/heartbeat", { body: text });
    assert.equal(answer.code, code);
    assert.match(answer.detail, says);
    assert.equal(ports.heartbeats.length, 0);
  });
}

test("addresses: a peer's own, loopback for loopback only, allowed ranges, names pinned", async () => {
  const { ask, ports } = setUp();
  const register = (address: string, caller: Caller): Promise<Asked> =>
    ask("POST", "/v1/heartbeat", {
      headers: { ...withToken, host: caller === remote ? "10.0.0.1" : "127.0.0.1" },
      caller,
      body: JSON.stringify({ service: "a", address }),
    });
  assert.equal((await register(":80", remote)).status, 200);
  assert.equal((await register("10.0.0.9:80", remote)).status, 200);
  assert.equal((await register("127.0.0.1:80", remote)).code, "address-forbidden");
  assert.equal((await register("10.5.0.1:80", remote)).code, "address-forbidden");
  ports.allow = ["10.5.0.0/16"];
  assert.equal((await register("10.5.0.1:80", remote)).status, 200);
  assert.equal((await register("localhost:80", local)).status, 200);
  assert.equal((await register(":81", trustedCaller)).status, 200);
  assert.deepEqual(
    ports.heartbeats.map(({ request }) => request.address),
    ["10.0.0.9:80", "10.0.0.9:80", "10.5.0.1:80", "127.0.0.1:80", "127.0.0.1:81"],
  );
});

test("more than ten heartbeats a second of one worker are too many", async () => {
  const { ask } = setUp();
  const codes: (string | undefined)[] = [];
  for (let index = 0; index < 12; index += 1) {
    codes.push((await ask("POST", "/v1/heartbeat", { body: JSON.stringify(beat) })).code);
  }
  assert.ok(codes.includes("too-many-requests"));
});

const guards: [
  name: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  caller: Caller,
  code: string | undefined,
][] = [
  ["reads are free on loopback", "GET", "/v1/workers", { host: "localhost:7600" }, local, undefined],
  ["no Host", "GET", "/v1/workers", {}, local, "host-forbidden"],
  ["a rebound name", "GET", "/v1/workers", { host: "evil.example:7600" }, local, "host-forbidden"],
  [
    "a name that only looks local",
    "GET",
    "/v1/workers",
    { host: "127.0.0.1.evil.example" },
    local,
    "host-forbidden",
  ],
  [
    "a page of another site",
    "GET",
    "/v1/workers",
    { host: "127.0.0.1:7600", origin: "https://evil.example" },
    local,
    "forbidden",
  ],
  [
    "a page of another port",
    "GET",
    "/v1/workers",
    { host: "127.0.0.1:7600", origin: "http://127.0.0.1:9999" },
    local,
    "forbidden",
  ],
  [
    "a cross-site fetch without Origin",
    "GET",
    "/v1/workers",
    { host: "127.0.0.1:7600", "sec-fetch-site": "cross-site" },
    local,
    "forbidden",
  ],
  [
    "a page of our own",
    "GET",
    "/v1/workers",
    { host: "127.0.0.1:7600", origin: "http://127.0.0.1:7600", "sec-fetch-site": "same-origin" },
    local,
    undefined,
  ],
  [
    "a form's POST",
    "POST",
    "/v1/heartbeat",
    { host: "127.0.0.1", "content-type": "text/plain" },
    local,
    "media-type",
  ],
  ["a write without token", "POST", "/v1/workers/w1/drain", json, local, "unauthorized"],
  [
    "a write with a wrong token",
    "POST",
    "/v1/workers/w1/drain",
    { ...json, authorization: "Bearer 0123" },
    local,
    "unauthorized",
  ],
  ["a write with the token", "POST", "/v1/workers/w1/drain", withToken, local, undefined],
  [
    "a write over the unix socket",
    "POST",
    "/v1/workers/w1/drain",
    { host: "localhost" },
    trustedCaller,
    undefined,
  ],
  ["evidence without token", "POST", "/v1/evidence", json, local, "unauthorized"],
  ["a removal without token", "DELETE", "/v1/workers/w1", { host: "127.0.0.1" }, local, "unauthorized"],
  ["a read from elsewhere without token", "GET", "/v1/workers", { host: "10.0.0.1" }, remote, "unauthorized"],
  [
    "a read from elsewhere with it",
    "GET",
    "/v1/workers",
    { host: "10.0.0.1", authorization: `Bearer ${testToken}` },
    remote,
    undefined,
  ],
  [
    "a heartbeat from elsewhere without token",
    "POST",
    "/v1/heartbeat",
    { ...json, host: "10.0.0.1" },
    remote,
    "unauthorized",
  ],
];

for (const [name, method, path, headers, caller, code] of guards) {
  test(`who may: ${name}`, async () => {
    const { ask, ports } = setUp();
    ports.workersThere = [workerView("orders", "w1")];
    const body = method === "POST" ? { body: path.endsWith("drain") ? "" : JSON.stringify(beat) } : {};
    const answer = await ask(method, path, { headers, caller, ...body });
    assert.equal(answer.code, code, answer.detail);
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  });
}

test("workers can be narrowed by service and state", async () => {
  const { ask, ports } = setUp();
  ports.workersThere = [
    workerView("b", "2"),
    workerView("a", "1"),
    { ...workerView("a", "0"), state: "dead" },
  ];
  const names = async (query: string): Promise<unknown> => {
    const { body } = await ask("GET", `/v1/workers${query}`);
    return (body["workers"] as { id: string }[]).map((one) => one.id).join();
  };
  assert.equal(await names(""), "0,1,2");
  assert.equal(await names("?service=a"), "0,1");
  assert.equal(await names("?service=a&state=live"), "1");
});

test("a worker by id: found, unknown, ambiguous with candidates, decided by service", async () => {
  const { ask, ports } = setUp();
  ports.workersThere = [workerView("a", "x:1"), workerView("b", "x:1"), workerView("b", "y")];
  assert.equal((await ask("GET", "/v1/workers/y")).status, 200);
  assert.equal((await ask("GET", "/v1/workers/z")).code, "worker-unknown");
  assert.equal((await ask("GET", "/v1/workers/y?service=a")).code, "worker-unknown");
  const ambiguous = await ask("POST", "/v1/workers/x%3A1/drain", { headers: withToken, body: "" });
  assert.equal(ambiguous.code, "worker-ambiguous");
  assert.equal(ambiguous.status, 409);
  assert.deepEqual(ambiguous.body["candidates"], [
    { service: "a", id: "x:1" },
    { service: "b", id: "x:1" },
  ]);
  assert.deepEqual(ports.done, []);
  for (const verb of ["drain", "undrain"]) {
    await ask("POST", `/v1/workers/x%3A1/${verb}?service=b`, { headers: withToken, body: "" });
  }
  await ask("POST", "/v1/workers/y/weight", { headers: withToken, body: '{"weight":0.5}' });
  await ask("POST", "/v1/workers/y/weight", { headers: withToken, body: '{"weight":null}' });
  await ask("DELETE", "/v1/workers/y", { headers: withToken });
  assert.deepEqual(ports.done, [
    "drain b/x:1",
    "undrain b/x:1",
    "weight b/y 0.5",
    "weight b/y null",
    "remove b/y",
  ]);
});

test("a weight of the wrong type is refused", async () => {
  const { ask, ports } = setUp();
  ports.workersThere = [workerView("a", "y")];
  for (const body of ['{"weight":"1"}', '{"weight":-1}', "{}", '{"weight":1,"x":2}', ""]) {
    assert.equal((await ask("POST", "/v1/workers/y/weight", { headers: withToken, body })).code, "invalid");
  }
  assert.deepEqual(ports.done, []);
});

test("a standby passes writes on to the leader once, and answers 503 while there is none", async () => {
  const { ask, ports } = setUp();
  ports.workersThere = [workerView("a", "y")];
  const heard: PeerRequest[] = [];
  const passedOn = async (request: PeerRequest): Promise<PeerAnswer> => {
    heard.push(request);
    return { status: 200, headers: json, body: '{"v":1,"from":"leader"}' };
  };
  ports.leader = { kind: "elsewhere", ask: passedOn };
  const post = (verb: string, headers: Record<string, string> = withToken): Promise<Asked> =>
    ask("POST", `/v1/workers/y/${verb}`, { headers, body: "" });
  assert.equal((await post("drain?service=a")).body["from"], "leader");
  const worker = { service: "a", id: "y" };
  assert.deepEqual(heard, [{ method: "POST", target: "/v1/workers/y/drain?service=a", body: "", worker }]);
  const again = await post("drain", { ...withToken, "x-skein-forwarded": "1" });
  assert.equal(again.code, "no-leader");
  ports.leader = { kind: "nobody" };
  const nobody = await post("undrain");
  assert.equal(nobody.code, "no-leader");
  assert.equal(nobody.status, 503);
  assert.equal(nobody.headers.get("retry-after"), "1");
  assert.match(String(nobody.body["detail"]), /No controller can lead, for the store is held: /);
  ports.store = () => ({ v: 1, place: "skein.db", condition: "sound", what: null });
  const soon = await post("undrain");
  assert.match(String(soon.body["detail"]), /a new one takes over within seconds/);
  ports.leader = { kind: "elsewhere", ask: () => Promise.reject(new SkeinError("noLeader", "It is gone.")) };
  assert.equal((await post("undrain")).code, "no-leader");
  await ask("DELETE", "/v1/workers/y", { headers: withToken });
  assert.deepEqual(ports.done, ["remove a/y"], "what is not the store's needs no leader");
});

test("evidence and statistics are taken whole or not at all", async () => {
  const { ask, ports } = setUp();
  const item = { service: "a", id: "y", address: "127.0.0.1:1", generation: 1, kind: "refused" };
  const send = (body: unknown): Promise<Asked> =>
    ask("POST", "/v1/evidence", { headers: withToken, body: JSON.stringify(body) });
  assert.equal((await send({ v: 1, proxy: "proxy-1", items: [item] })).status, 204);
  assert.equal(
    (await send({ v: 1, proxy: "proxy-1", items: [item, { ...item, kind: "bored" }] })).code,
    "invalid",
  );
  assert.equal((await send({ v: 2, proxy: "proxy-1", items: [] })).code, "invalid");
  assert.deepEqual(ports.evidenceTaken, [item]);
  const report = {
    v: 1,
    proxy: "proxy-1",
    instance: "abc",
    connections: { open: 1, accepted: 2, refused: 0 },
    services: {},
    problems: { "no-route": 1 },
    retries: { taken: 0, denied: 0 },
    poisoned: {},
    traces: { delivered: 5, rejected: 4, lost: 3, retried: 2, dropped: 1 },
  };
  const taken = await ask("POST", "/v1/statistics", { headers: withToken, body: JSON.stringify(report) });
  assert.equal(taken.status, 200);
  assert.deepEqual(taken.body, { v: 1, sharers: 1 });
  assert.deepEqual(ports.reported, [report]);
});

test("events as JSON: after an id, at most so many", async () => {
  const { ask, ports } = setUp();
  for (let index = 0; index < 5; index += 1) ports.happen("worker-live");
  const ids = async (query: string): Promise<number[]> =>
    ((await ask("GET", `/v1/events${query}`)).body["events"] as { id: number }[]).map((event) => event.id);
  assert.deepEqual(await ids("?after=2"), [3, 4, 5]);
  assert.deepEqual(await ids("?after=0&limit=2"), [1, 2]);
  assert.deepEqual(await ids("?limit=2"), [4, 5]);
  assert.equal((await ask("GET", "/v1/events?after=-1")).code, "invalid");
  assert.equal((await ask("GET", "/v1/events?limit=1e9")).code, "invalid");
});

test("health, index, unknown paths and methods", async () => {
  const { ask, app, ports } = setUp();
  assert.equal((await ask("GET", "/livez")).status, 200);
  assert.equal((await ask("GET", "/readyz")).status, 200);
  ports.unready = "not yet";
  assert.equal((await ask("GET", "/readyz")).code, "not-ready");
  assert.equal((await ask("GET", "/v1/routing-table")).code, "not-ready");
  assert.equal((await ask("GET", "/")).body["product"], "skein");
  assert.equal((await ask("GET", "/v1/nothing")).code, "not-found");
  assert.equal((await ask("PUT", "/v1/workers")).code, "not-found");
  const noUpgrade = await app.request("/v1/session", { headers: json }, { caller: local });
  assert.equal(noUpgrade.status, 426);
});

test("an error of ours is told as such, logged, and gives nothing away", async () => {
  const { ask, ports } = setUp();
  ports.workers = () => {
    throw new Error("secret");
  };
  const answer = await ask("GET", "/v1/workers");
  assert.equal(answer.code, "internal");
  assert.doesNotMatch(JSON.stringify(answer.body), /secret/);
  assert.deepEqual(ports.logged, [{ err: new Error("secret") }], "by another name the logger writes {}");
});

test("the OpenAPI document names every operation, its parameters and its bodies", async () => {
  const { ask, app } = setUp();
  const { body } = await ask("GET", "/v1/openapi.json");
  const paths = body["paths"] as Record<
    string,
    Record<string, { operationId: string; requestBody?: unknown }>
  >;
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  const index = ["GET /", "GET /v1/openapi.json"];
  const served = app.routes
    .map((route) => `${route.method} ${route.path}`)
    .filter((one) => !index.includes(one));
  assert.deepEqual(documented.sort(), [...new Set(served)].sort());
  const ids = Object.values(paths).flatMap((operations) =>
    Object.values(operations).map((one) => one.operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
  const heartbeat = paths["/v1/heartbeat"]?.["post"]?.requestBody as {
    content: Record<
      string,
      { schema: { required: string[]; properties: Record<string, object>; additionalProperties: boolean } }
    >;
  };
  const { schema } = heartbeat.content["application/json"] ?? {};
  assert.deepEqual(schema?.required, ["service", "address"]);
  assert.deepEqual(schema?.properties["ttlMs"], { type: "integer", minimum: 500, maximum: 600_000 });
  assert.equal(schema?.additionalProperties, false);
});

test("the routing table with the keys of links is for the unix socket and for who has the token", async () => {
  const { ask, ports } = setUp();
  for (const init of [{}, { caller: trustedCaller }, { headers: withToken }]) {
    await ask("GET", "/v1/routing-table", init);
  }
  const wrong = await ask("GET", "/v1/routing-table", {
    headers: { ...json, authorization: `Bearer ${testToken}0` },
  });
  assert.equal(wrong.code, "not-ready");
  assert.deepEqual(ports.tablesAsked, [false, true, true, false]);
});

test("a plain heartbeat has no link", async () => {
  const { ask } = setUp();
  const link = { port: 9_001, key: "ab".repeat(32) };
  const { status, detail } = await ask("POST", "/v1/heartbeat", { body: JSON.stringify({ ...beat, link }) });
  assert.equal(status, 400);
  assert.match(detail, /link/);
});
