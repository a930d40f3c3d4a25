import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestPeer } from "../testing/testing-peers.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, startTestProxy, type TestProxy } from "../testing/testing-proxy.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const serviceMs = 4;

/** Serves one request at a time, each for `serviceMs`; the others wait in it. */
class OneAtATime {
  mostAtOnce = 0;
  readonly #queue: TestPeer[] = [];

  take(peer: TestPeer): void {
    this.#queue.push(peer);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#queue.length);
    if (this.#queue.length === 1) this.#next();
  }

  #next(): void {
    setTimeout(() => {
      this.#queue.shift()?.send(ok);
      if (this.#queue.length > 0) this.#next();
    }, serviceMs);
  }
}

/** Asks again whenever it was answered, until told to stop. Gives the heads of the answers that were none of the worker's. */
async function keepAsking(test: TestProxy, stopped: () => boolean): Promise<string[]> {
  const client = await test.client();
  const refused: string[] = [];
  while (!stopped()) {
    client.send(get);
    const { head } = await client.message();
    if (!head.startsWith("HTTP/1.1 200")) refused.push(head);
  }
  return refused;
}

test("requests that queue in a worker wait in the proxy instead; when fewer come there is no limit any more", async (context) => {
  const proxy = await startTestProxy(context);
  const worker = await proxy.worker();
  const served = new OneAtATime();
  worker.onConnection = (peer) => {
    peer.keepText = false;
    peer.socket.on("data", () => served.take(peer));
  };
  proxy.table({
    services: [testService({ queue: { max: 1_000, waitMs: 60_000 } })],
    workers: [testWorkerRow(worker.port)],
  });
  const overload = () => proxy.proxy.report().services["web"]?.overload;
  const requests = () => proxy.proxy.report().services["web"]?.requests ?? 0;

  let allStopped = false;
  let crowdStopped = false;
  const steady = keepAsking(proxy, () => allStopped);
  await until(() => requests() > 200, "the worker is known", 30_000);
  assert.equal(overload()?.limitedWorkers, 0);

  const crowd = Array.from({ length: 40 }, () => keepAsking(proxy, () => crowdStopped));
  await until(() => overload()?.limitedWorkers === 1, "a limit", 30_000);
  assert.ok(served.mostAtOnce > 12, "there was none before");
  await until(() => (overload()?.waiting ?? 0) > 20, "the others wait in the proxy", 30_000);
  await until(
    () => (overload()?.limit ?? Infinity) <= 12,
    "it is near to what the worker takes at once",
    30_000,
  );

  crowdStopped = true;
  assert.deepEqual((await Promise.all(crowd)).flat(), [], "nobody is refused: there is place in the line");
  await until(() => overload()?.limitedWorkers === 0, "no limit any more", 30_000);
  allStopped = true;
  assert.deepEqual(await steady, []);
});

test("long polls that fill a limit hold nobody up for long", async (context) => {
  const test = await proxyWithWorkers(context, 1);
  const pool = test.proxy.pool("web");
  const [served] = test.workers;
  const ask = async (path: string): Promise<TestPeer> => {
    const client = await test.client();
    client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return client;
  };
  served!.answerAll("ok").mute = (head) => head.startsWith("GET /poll ");
  assert.equal((await (await ask("/")).message()).body, "ok");
  const worker = pool.workers.get(`w-${served!.port}`)!;
  const polls = await Promise.all([ask("/poll"), ask("/poll")]);
  await until(() => worker.limit?.pending === 2, "both polls are there");
  worker.limit!.max = 2;
  pool.limitChanged(worker);
  assert.equal((await (await ask("/")).message()).body, "ok");
  assert.ok(polls.every(({ received }) => received === ""));
});

test("where there is to be no limit, there is none", async (context) => {
  const proxy = await startTestProxy(context);
  const worker = await proxy.worker();
  proxy.table({
    services: [testService({ adaptiveLimit: false })],
    workers: [testWorkerRow(worker.port)],
  });
  const client = await proxy.client();
  client.send(get);
  const peer = await worker.connection();
  await peer.head();
  peer.send(ok);
  await client.message();
  assert.equal(proxy.proxy.pool("web").workers.get(`w-${worker.port}`)?.limit, undefined);
});
