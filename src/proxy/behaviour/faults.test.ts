import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RequestHead } from "../../http1/http1.ts";
import { frameKind } from "../../link/link.ts";
import type { ClientSide } from "../exchange/sides.ts";
import type { Proxy } from "../proxy.ts";
import { ok, overLink } from "../testing/testing-linked.ts";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";
import { WorkerConnection } from "../workers/worker-connection.ts";

// A fault of ours, that is: what must not happen, and would be one request's alone if it did. Whatever is not caught ends the
// process, and the test with it.

const get = (path = "/", field = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${field}\r\n`;
const faulty = get("/fault");
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;
const problems = (proxy: Proxy): number => proxy.report().problems["internal"] ?? 0;

function fault(): never {
  throw new Error("a fault of ours");
}

/** Requests for `/fault` cannot be written to a worker's connection. */
function faultyWriting(context: TestContext): void {
  const original = WorkerConnection.prototype;
  const written = Object.getOwnPropertyDescriptor(original, "requestHead")?.value as typeof requestHead;
  function requestHead(this: WorkerConnection, ...args: Parameters<WorkerConnection["requestHead"]>): void {
    if (args[0].includes(" /fault ")) fault();
    written.apply(this, args);
  }
  context.mock.method(original, "requestHead", requestHead);
}

/** The client's half of a request for `/fault` does so when it is told of this, once. */
function faultyAt(proxy: Proxy, method: "answerOwn" | "answerEnd" | "flush"): void {
  const { exchanges } = proxy;
  const take = exchanges.take.bind(exchanges);
  exchanges.take = (client: ClientSide) => {
    const exchange = take(client);
    exchange.begin = (head: RequestHead, ...rest) => {
      Reflect.deleteProperty(exchange, "begin");
      if (head.path === "/fault") {
        client[method] = () => {
          Reflect.deleteProperty(client, method);
          return fault();
        };
      }
      exchange.begin(head, ...rest);
    };
    return exchange;
  };
}

/** The next request that is over cannot be told. */
function faultyTelling(proxy: Proxy): void {
  const { requestLog } = proxy;
  requestLog.keeps = () => {
    Reflect.deleteProperty(requestLog, "keeps");
    return fault();
  };
}

/** The faulty one is cut, and nothing of it is left; everybody else is served. */
async function costsOnly(
  me: TestPeer,
  { proxy, client }: TestProxy,
  answer: (asked: TestPeer) => Promise<void>,
): Promise<void> {
  await until(() => me.closed, "the faulty one to be cut");
  assert.doesNotMatch(me.received, /^HTTP/);
  const other = await client();
  other.send(get("/other"));
  await answer(other);
  const { web } = proxy.report().services;
  assert.deepEqual([web?.inFlight, web?.overload?.waiting, problems(proxy)], [0, 0, 1]);
}

async function answered(by: TestPeer, asked: TestPeer): Promise<void> {
  await by.head();
  by.send(ok);
  assert.equal((await asked.message()).body, "ok");
}

test("when it is written to a new connection", async (context) => {
  faultyWriting(context);
  const test = await proxyWithWorkers(context);
  const me = await test.client();
  me.send(faulty);
  await costsOnly(me, test, async (other) => {
    await test.workers[0]!.connection();
    await answered(await test.workers[0]!.connection(), other);
  });
  assert.deepEqual(
    test.proxy.requestLog.find({ limit: 1, code: "internal" }).map(({ path, end }) => [path, end]),
    [["/fault", "cut"]],
  );
});

test("when it is written to a connection that was idle", async (context) => {
  faultyWriting(context);
  const test = await proxyWithWorkers(context);
  const me = await test.client();
  me.send(get());
  await answered(await test.workers[0]!.connection(), me);
  me.send(faulty);
  await costsOnly(me, test, async (other) => answered(await test.workers[0]!.connection(), other));
});

test("when its turn comes by the end of another's answer", async (context) => {
  faultyWriting(context);
  const services = [testService({ maxInFlight: 1 })];
  const test = await proxyWithWorkers(context, 1, { services });
  const [first, me] = [await test.client(), await test.client()];
  first.send(get());
  const worker = await test.workers[0]!.connection();
  await until(() => worker.received !== "", "the first request");
  me.send(faulty);
  await until(() => test.proxy.report().services["web"]?.overload?.waiting === 1, "the other to wait");
  await answered(worker, first);
  await costsOnly(me, test, async (other) => answered(await test.workers[0]!.connection(), other));
});

test("when another takes its place in the line", async (context) => {
  const services = [testService({ maxInFlight: 1, queue: { max: 1, waitMs: 10_000 } })];
  const routes = [testRoute({ priority: { use: "normal", header: "x-priority" } })];
  const test = await proxyWithWorkers(context, 1, { services, routes });
  faultyAt(test.proxy, "answerOwn");
  const [first, me, normal] = [await test.client(), await test.client(), await test.client()];
  first.send(get());
  const worker = await test.workers[0]!.connection();
  me.send(get("/fault", "x-priority: sheddable\r\n"));
  await until(() => test.proxy.report().services["web"]?.overload?.waiting === 1, "it to wait");
  normal.send(get("/normal"));
  await until(() => me.closed, "it to give way");
  await answered(worker, first);
  await answered(worker, normal);
  await costsOnly(me, test, async (other) => answered(worker, other));
});

test("when its worker is lost", async (context) => {
  const test = await proxyWithWorkers(context);
  faultyAt(test.proxy, "answerOwn");
  const me = await test.client();
  me.send(post("/fault"));
  const worker = await test.workers[0]!.connection();
  await worker.head();
  // From now on, for it is asked whether it is gone.
  test.workers[0]!.answerAll("ok");
  worker.socket.end();
  await costsOnly(me, test, async (other) => assert.equal((await other.message()).body, "ok"));
});

test("when its time is over", async (context) => {
  const test = await proxyWithWorkers(context, 1, { routes: [testRoute({ headTimeoutMs: 50 })] });
  faultyAt(test.proxy, "answerOwn");
  const me = await test.client();
  me.send(faulty);
  await (await test.workers[0]!.connection()).head();
  await until(() => me.closed, "the end");
  test.table({ workers: [testWorkerRow(test.workers[0]!.port)] });
  await costsOnly(me, test, async (other) => answered(await test.workers[0]!.connection(), other));
});

test("when its answer ends, or goes to its client", async (context) => {
  for (const moment of ["answerEnd", "flush"] as const) {
    const test = await proxyWithWorkers(context);
    faultyAt(test.proxy, moment);
    const me = await test.client();
    me.send(faulty);
    const worker = await test.workers[0]!.connection();
    await worker.head();
    worker.send(`HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n${"x".repeat(1_000_000)}`);
    if (moment === "answerEnd") worker.send("x".repeat(1_000_000));
    await until(() => me.closed, "the faulty one to be cut");
    me.received = "";
    await costsOnly(me, test, async (other) => {
      if (moment === "flush") await answered(await test.workers[0]!.connection(), other);
      else await answered(worker, other);
    });
  }
});

test("over a link: when the link ends, the others hear of it", async (context) => {
  const test = await overLink(context);
  faultyAt(test.proxy, "answerOwn");
  const [me, other] = [await test.client(), await test.client()];
  me.send(post("/fault"));
  (await test.link.stream(1)).say(frameKind.entered);
  other.send(post("/other"));
  (await test.link.stream(2)).say(frameKind.entered);
  test.link.socket.end();
  assert.match((await other.message()).head, /x-skein-reason: outcome-unknown/);
  await costsOnly(me, test, async (asked) => assert.equal((await asked.message()).body, "http"));
});

test("when it is told that its client has gone", async (context) => {
  const test = await proxyWithWorkers(context);
  const me = await test.client();
  me.send(get());
  const worker = await test.workers[0]!.connection();
  await worker.head();
  faultyTelling(test.proxy);
  me.reset();
  await worker.gone();
  await until(() => test.proxy.report().connections.open === 0, "nothing to be left of it");
  await costsOnly(me, test, async (other) => answered(await test.workers[0]!.connection(), other));
});

test("when it is told that it was answered: by then it is", async (context) => {
  const test = await proxyWithWorkers(context);
  const me = await test.client();
  me.send(get());
  const worker = await test.workers[0]!.connection();
  await worker.head();
  faultyTelling(test.proxy);
  worker.send(ok);
  assert.equal((await me.message()).body, "ok");
  me.send(get("/again"));
  await answered(worker, me);
  assert.deepEqual([test.proxy.report().services["web"]?.inFlight, problems(test.proxy)], [0, 1]);
});
