import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestPeer, type TestWorker, until } from "../testing/testing-peers.ts";
import { startTestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const asked = (path: string, fields = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const routes = [testRoute({ priority: { use: "normal", header: "x-priority", raise: true } })];

/** Two workers for one request each: `/busy` is on the one, this one on the other, which the test holds. */
async function onTheOther(
  context: Parameters<typeof startTestProxy>[0],
  request: string,
  queue = { max: 10, waitMs: 60_000 },
) {
  const test = await startTestProxy(context);
  const [busy, other] = [await test.worker(), await test.worker()];
  const rows = [busy, other].map(({ port }) => testWorkerRow(port, { maxInFlight: 1 }));
  const services = [testService({ queue })];
  test.table({ routes, services, workers: rows.slice(0, 1) });
  (await test.client()).send(asked("/busy"));
  const busyPeer = await requestAt(busy, "/busy");
  test.table({ routes, services, workers: rows });
  const me = await test.client();
  me.send(request);
  return { ...test, busy, busyPeer, other, otherPeer: await requestAt(other, "/me"), me };
}

/** Where it came to this worker; questions whether the worker is there are passed over. */
async function requestAt(worker: TestWorker, path: string): Promise<TestPeer> {
  let found: TestPeer | undefined;
  const isThere = (peer: TestPeer): boolean => peer.received.startsWith(`GET ${path} `);
  await until(() => (found = worker.connections.find(isThere)) !== undefined, path);
  await found!.head();
  return found!;
}

test("repeated where all others are full: the worker that it was at serves it and those behind it when it is back", async (context) => {
  const { client, other, otherPeer, me } = await onTheOther(context, asked("/me"));
  otherPeer.reset();
  const next = await client();
  next.send(asked("/next"));
  (await requestAt(other, "/me")).send(ok);
  assert.equal((await me.message()).body, "ok");
  (await requestAt(other, "/next")).send(ok);
  assert.equal((await next.message()).body, "ok");
});

test("the same for a critical one that could have had the last place of another worker", async (context) => {
  const { proxy, busy, other, otherPeer, me } = await onTheOther(
    context,
    asked("/me", "x-priority: critical\r\n"),
  );
  const pool = proxy.pool("web");
  const full = pool.workers.get(`w-${busy.port}`);
  assert.ok(full?.limit !== undefined);
  full.maxInFlight = undefined;
  Object.assign(full.limit, { max: 1.6, turn: 0.99 });
  pool.limitChanged(full);
  otherPeer.reset();
  (await requestAt(other, "/me")).send(ok);
  assert.equal((await me.message()).body, "ok");
});

test("its time at a worker is no time in the line: repeated, it may wait for what is left", async (context) => {
  const waitMs = 400;
  const { client, proxy, other, otherPeer, me, busy, busyPeer } = await onTheOther(context, asked("/me"), {
    max: 10,
    waitMs,
  });
  const late = await client();
  late.send(asked("/late"));
  const pool = proxy.pool("web");
  await until(() => pool.line.length === 1, "it waits");
  otherPeer.send(ok);
  await me.message();
  const latePeer = await requestAt(other, "/late");
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  other.server.close();
  latePeer.reset();
  await until(() => pool.line.length === 1, "it waits again");
  busyPeer.send(ok);
  (await requestAt(busy, "/late")).send(ok);
  assert.equal((await late.message()).body, "ok");
  assert.ok(pool.counters.waitedMs < waitMs, String(pool.counters.waitedMs));
});
