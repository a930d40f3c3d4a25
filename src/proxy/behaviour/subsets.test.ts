import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { SubsetRule } from "../../core/balancing/subsets.ts";
import type { Route, Service } from "../../protocol/configuration.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { type TestPeer, type TestWorker, until } from "../testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

interface Scene extends TestProxy {
  old: TestWorker;
  fresh: TestWorker;
  /** Puts a table in force with the two workers, changed like this. */
  put(change: { old?: Partial<TableWorker>; fresh?: Partial<TableWorker>; service?: Partial<Service> }): void;
}

const routeTo = (name: string, path: string, to: Route["to"], header?: string): Route =>
  testRoute({
    name,
    to,
    match: {
      hosts: [],
      path: { kind: "prefix", path },
      methods: [],
      headers: header === undefined ? [] : [{ name: header, value: "1" }],
      query: [],
    },
  });

const one = (subset?: string): Route["to"] => [
  { service: "web", weight: 1, ...(subset === undefined ? {} : { subset }) },
];

const routes = [
  routeTo("tried", "/", one("canary"), "x-canary"),
  routeTo("/old", "/old", one("stable")),
  routeTo("/new", "/new", one("canary")),
  routeTo("/split", "/split", [
    { service: "web", subset: "stable", weight: 90 },
    { service: "web", subset: "canary", weight: 10 },
  ]),
  routeTo("/", "/", one()),
];

async function scene(context: TestContext, otherwise = "none"): Promise<Scene> {
  const test = await startTestProxy(context);
  const old = (await test.worker()).answerAll("old");
  const fresh = (await test.worker()).answerAll("new");
  const subsets: Record<string, SubsetRule> = {
    stable: { version: "1", otherwise: "none" },
    canary: { version: "2", otherwise },
  };
  const put: Scene["put"] = (change) => {
    const rows = [
      testWorkerRow(old.port, { id: "old", version: "1", ...change.old }),
      testWorkerRow(fresh.port, { id: "new", version: "2", ...change.fresh }),
    ];
    const services = [testService({ subsets, ...change.service })];
    const timeouts = { noWorkerWaitMs: 0 };
    test.table({ routes, services, workers: rows, timeouts });
  };
  put({});
  return { ...test, old, fresh, put };
}

async function ask(client: TestPeer, path: string, fields = ""): Promise<string> {
  client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
  const { head, body } = await client.message();
  return head.startsWith("HTTP/1.1 200 ") ? body : (/x-skein-reason: (\S+)/i.exec(head)?.[1] ?? head);
}

async function askOften(client: TestPeer, path: string, times = 40): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let time = 0; time < times; time += 1) {
    const body = await ask(client, path);
    counts[body] = (counts[body] ?? 0) + 1;
  }
  return counts;
}

test("a route, a header or a share chooses the subset; without one all workers serve", async (context) => {
  const test = await scene(context);
  // Of two the quicker one may get all of so few requests.
  test.put({ service: { policy: "random" } });
  const client = await test.client();
  assert.deepEqual(await askOften(client, "/old"), { old: 40 });
  assert.deepEqual(await askOften(client, "/new"), { new: 40 });
  assert.equal(await ask(client, "/", "X-Canary: 1\r\n"), "new");
  const split = await askOften(client, "/split", 300);
  const share = (split["new"] ?? 0) / 300;
  assert.ok(share > 0.03 && share < 0.2, JSON.stringify(split));
  const all = await askOften(client, "/");
  assert.ok((all["old"] ?? 0) > 0 && (all["new"] ?? 0) > 0, JSON.stringify(all));
});

for (const [otherwise, expected] of [
  ["none", "no-live-worker"],
  ["any", "old"],
  ["stable", "old"],
] as const) {
  test(`none of the subset is in: "${otherwise}" gives ${expected}, and the subset serves when it is back`, async (context) => {
    const test = await scene(context, otherwise);
    const client = await test.client();
    test.put({ fresh: { state: { kind: "suspect", cause: "refused", strength: "hard" } } });
    assert.equal(await ask(client, "/new"), expected);
    test.put({});
    assert.deepEqual(await askOften(client, "/new", 5), { new: 5 });
  });
}

test("a worker that tells another version belongs to another subset at once", async (context) => {
  const test = await scene(context);
  const client = await test.client();
  test.put({ old: { version: "2" } });
  assert.equal(await ask(client, "/old"), "no-live-worker");
  test.put({ old: { version: "2" }, fresh: { version: "1" } });
  assert.deepEqual(await askOften(client, "/old", 5), { new: 5 });
  assert.deepEqual(await askOften(client, "/new", 5), { old: 5 });
});

test("a failed request is repeated within its subset only", async (context) => {
  const test = await scene(context);
  const client = await test.client();
  test.fresh.close();
  assert.notEqual(await ask(client, "/new"), "old");
  assert.equal(await ask(client, "/old"), "old");
});

for (const [what, path, remaining] of [
  ["is out, where the others of the subset answer well", "/old", ["old"]],
  ["stays in for what none of the subset answers otherwise", "/old/broken", ["new", "old"]],
] as const) {
  test(`a worker that answers 500 ${what}`, async (context) => {
    const test = await scene(context);
    const client = await test.client();
    const failsAt = (worker: TestWorker, name: string, failing: string): void => {
      worker.onConnection = (peer) =>
        peer.socket.on("data", (head) => {
          const status = String(head).startsWith(`GET ${failing}`) ? "500 No" : "200 OK";
          peer.send(`HTTP/1.1 ${status}\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
        });
    };
    failsAt(test.old, "old", "/old/broken");
    failsAt(test.fresh, "new", path);
    test.put({ fresh: { version: "1" }, service: { policy: "random" } });
    for (let at = 0; at < 150; at += 1) {
      await ask(client, path);
      await ask(client, "/old/well");
    }
    const pool = test.proxy.pool("web");
    const chosen = [...pool.workers.values()].filter((worker) => pool.candidatesOf("stable").has(worker));
    assert.deepEqual(chosen.map(({ id }) => id).sort(), remaining);
  });
}

test("requests that wait for a full subset hold up nobody else's", async (context) => {
  const test = await scene(context);
  test.put({ service: { maxInFlight: 1 } });
  test.fresh.stop();
  const [busy, waiting, other] = [await test.client(), await test.client(), await test.client()];
  busy.send("GET /new HTTP/1.1\r\nHost: h\r\n\r\n");
  await until(() => test.fresh.waiting === 1, "the subset is full");
  waiting.send("GET /new HTTP/1.1\r\nHost: h\r\n\r\n");
  await until(() => test.proxy.pool("web").line.length === 1, "one waits");
  assert.equal(await ask(other, "/old"), "old");
  assert.equal(test.proxy.pool("web").line.length, 1);
  test.fresh.go();
  assert.equal((await busy.message()).body, "new");
  assert.equal((await waiting.message()).body, "new");
});

test("what is kept of a request tells its subset", async (context) => {
  const test = await scene(context);
  test.put({ fresh: { state: { kind: "suspect", cause: "refused", strength: "hard" } } });
  assert.equal(await ask(await test.client(), "/new"), "no-live-worker");
  const [record] = test.proxy.requestLog.find({ kept: "failed", limit: 1 });
  assert.deepEqual([record?.service, record?.subset, record?.workers?.eligible], ["web", "canary", 0]);
});
