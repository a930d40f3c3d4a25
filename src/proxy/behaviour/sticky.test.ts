import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Sticky } from "../../protocol/configuration.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { type TestPeer, TestWorker, until } from "../testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../testing/testing-proxy.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

const attributes = "; Path=/; HttpOnly; SameSite=Lax";

/** A key that two gateways share. */
function sticky(context: TestContext): Sticky {
  const directory = mkdtempSync(join(tmpdir(), "skein-sticky-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "key");
  writeFileSync(file, "k".repeat(40), { mode: 0o600 });
  return { cookie: "skein-web", attributes, keyFile: { file, digest: "1" } };
}

async function workersFor(context: TestContext, count = 4, fields = ""): Promise<TestWorker[]> {
  const workers = Array.from({ length: count }, () => new TestWorker());
  await Promise.all(workers.map((worker) => worker.listen()));
  context.after(() => workers.forEach((worker) => worker.close()));
  workers.forEach((worker, at) => worker.answerAll(`worker ${at}`, fields));
  return workers;
}

const rowsOf = (workers: readonly TestWorker[]): TableWorker[] =>
  workers.map((worker, at) => testWorkerRow(worker.port, { id: `secret-name-${at}` }));

interface Answer {
  head: string;
  body: string;
  /** `name=value` of the cookie that came with it. */
  cookie: string | undefined;
}

async function ask(client: TestPeer, cookie?: string): Promise<Answer> {
  client.send(`GET / HTTP/1.1\r\nHost: h\r\n${cookie === undefined ? "" : `Cookie: ${cookie}\r\n`}\r\n`);
  const { head, body } = await client.message();
  return { head, body, cookie: /^set-cookie: (skein-web=[^;\r]*)/im.exec(head)?.[1] };
}

async function start(
  context: TestContext,
  settings: Sticky,
  workers: readonly TestWorker[],
): Promise<{ test: TestProxy; client: TestPeer }> {
  const proxy = await startTestProxy(context);
  proxy.table({ services: [testService({ sticky: settings })], workers: rowsOf(workers) });
  return { test: proxy, client: await proxy.client() };
}

test("a client stays with its worker, and gets the cookie once; another gateway with the key knows it", async (context) => {
  const settings = sticky(context);
  const workers = await workersFor(context);
  const { client } = await start(context, settings, workers);
  const other = await start(context, settings, workers.slice());
  const first = await ask(client);
  assert.ok(
    first.cookie !== undefined && first.head.includes(`${first.cookie}${attributes}\r\n`),
    first.head,
  );
  assert.doesNotMatch(first.head, /secret-name|Secure|Max-Age/);
  for (const each of [client, other.client, client, other.client]) {
    for (let time = 0; time < 10; time += 1) {
      const again = await ask(each, `a=1; ${first.cookie}; b=2`);
      assert.equal(again.body, first.body);
      assert.equal(again.cookie, undefined);
    }
  }
});

test("the worker sees the client's cookies as they were sent", async (context) => {
  const [worker = new TestWorker()] = await workersFor(context, 1);
  const heads: string[] = [];
  worker.mute = (head) => heads.push(head) === 0;
  const { client } = await start(context, sticky(context), [worker]);
  const { cookie } = await ask(client);
  await ask(client, `a=1; ${cookie}`);
  assert.ok(heads[1]?.includes(`Cookie: a=1; ${cookie}\r\n`), String(heads[1]));
});

const hostile = [
  "x",
  "",
  "=",
  "a".repeat(22),
  "-_".repeat(11),
  "secret-name-1",
  "A".repeat(6_000),
  '"',
  "%00",
];

for (const value of hostile) {
  test(`a cookie of ${JSON.stringify(value.slice(0, 30))} is none: the client is bound anew`, async (context) => {
    const { client } = await start(context, sticky(context), await workersFor(context));
    const answer = await ask(client, `skein-web=${value}`);
    assert.match(answer.head, /^HTTP\/1\.1 200 /);
    assert.match(answer.cookie ?? "", /^skein-web=[A-Za-z0-9_-]{22}$/);
  });
}

test("a token of another service, or signed by another key, is none", async (context) => {
  const workers = await workersFor(context, 1);
  const settings = sticky(context);
  const one = await ask((await start(context, settings, workers)).client);
  const otherKey = await ask((await start(context, sticky(context), workers)).client);
  assert.equal(otherKey.cookie, one.cookie, "the same key in another file gives the same tokens");
  const { keyFile: _own, ...withoutFile } = settings;
  const { client } = await start(context, withoutFile, workers);
  const rebound = await ask(client, one.cookie);
  assert.ok(rebound.cookie !== undefined && rebound.cookie !== one.cookie);
  const twice = await ask(client, rebound.cookie);
  assert.equal(twice.cookie, undefined);
});

for (const [what, change] of [
  ["drains", { state: { kind: "draining" } }],
  ["is out", { state: { kind: "suspect", cause: "refused", strength: "hard" } }],
  ["has weight 0", { weight: 0 }],
  ["is gone", undefined],
] as const) {
  test(`the worker ${what}: another one serves, and the client is bound to that one`, async (context) => {
    const workers = await workersFor(context);
    const settings = sticky(context);
    const { test: proxy, client } = await start(context, settings, workers);
    const first = await ask(client);
    const rows = rowsOf(workers).flatMap((row, at) => {
      if (first.body !== `worker ${at}`) return [row];
      return change === undefined ? [] : [{ ...row, ...change }];
    });
    proxy.table({ services: [testService({ sticky: settings })], workers: rows });
    const second = await ask(client, first.cookie);
    assert.notEqual(second.body, first.body);
    assert.ok(second.cookie !== undefined && second.cookie !== first.cookie);
    const third = await ask(client, second.cookie);
    assert.deepEqual([third.body, third.cookie], [second.body, undefined]);
  });
}

test("the worker dies: the request is served by another, which the client is then bound to", async (context) => {
  const workers = await workersFor(context);
  const { client } = await start(context, sticky(context), workers);
  const first = await ask(client);
  workers[Number(first.body.split(" ")[1])]?.close();
  const second = await ask(client, first.cookie);
  assert.match(second.head, /^HTTP\/1\.1 200 /);
  assert.notEqual(second.body, first.body);
  assert.ok(second.cookie !== undefined && second.cookie !== first.cookie);
});

for (const failure of ["500 No", "503 No"]) {
  test(`a client that is answered ${failure} wherever it is served does not take out the worker that it is bound to`, async (context) => {
    const workers = await workersFor(context, 3);
    const answer = (status: string): string => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`;
    for (const worker of workers)
      worker.onConnection = (peer) =>
        peer.socket.on("data", (head) =>
          peer.send(answer(String(head).includes("Cookie") ? failure : "200 OK")),
        );
    const { test: proxy, client } = await start(context, sticky(context), workers);
    const { cookie } = await ask(client);
    for (let round = 0; round < 50; round += 1) {
      for (let own = 0; own < 5; own += 1)
        assert.ok((await ask(client, cookie)).head.startsWith(`HTTP/1.1 ${failure}`));
      for (let others = 0; others < 3; others += 1) await ask(client);
    }
    for (const { health } of proxy.proxy.pool("web").workers.values()) assert.equal(health.kind, "ok");
  });
}

test("the worker is full: another one helps, and the client stays bound", async (context) => {
  const workers = await workersFor(context, 2);
  const settings = sticky(context);
  const proxy = await startTestProxy(context);
  const services = [testService({ sticky: settings, maxInFlight: 1 })];
  proxy.table({ services, workers: rowsOf(workers) });
  const client = await proxy.client();
  const first = await ask(client);
  const own = workers[Number(first.body.split(" ")[1])] ?? new TestWorker();
  own.stop();
  const busy = await proxy.client();
  busy.send(`GET / HTTP/1.1\r\nHost: h\r\nCookie: ${first.cookie}\r\n\r\n`);
  await until(() => own.waiting === 1, "the worker is full");
  const helped = await ask(client, first.cookie);
  assert.notEqual(helped.body, first.body);
  assert.equal(helped.cookie, undefined);
  own.go();
  await busy.message();
  assert.equal((await ask(client, first.cookie)).body, first.body);
});

test("what a shared cache may keep binds nobody", async (context) => {
  const workers = await workersFor(context, 1, "Cache-Control: max-age=60, public\r\n");
  const { client } = await start(context, sticky(context), workers);
  assert.equal((await ask(client)).cookie, undefined);
});

test("behind a trusted proxy that took the TLS off the cookie is secure; what others say of that does not count", async (context) => {
  const workers = await workersFor(context, 1);
  const settings = sticky(context);
  for (const [trustedProxies, secure] of [
    [["127.0.0.1/32"], true],
    [[], false],
  ] as const) {
    const proxy = await startTestProxy(context);
    const services = [testService({ sticky: settings })];
    proxy.table({ services, workers: rowsOf(workers), proxy: { trustedProxies: [...trustedProxies] } });
    const client = await proxy.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n");
    const { head } = await client.message();
    assert.equal(/^set-cookie: .*; Secure\r$/im.test(head), secure, head);
  }
});

test("a key that cannot be read binds nobody, and everybody is served", async (context) => {
  const { cookie, ...rest } = sticky(context);
  const settings = { ...rest, cookie, keyFile: { file: "/nowhere/key", digest: "" } };
  const { client } = await start(context, settings, await workersFor(context));
  const answer = await ask(client);
  assert.match(answer.head, /^HTTP\/1\.1 200 /);
  assert.equal(answer.cookie, undefined);
});
