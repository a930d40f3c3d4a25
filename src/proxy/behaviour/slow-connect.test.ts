import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { test } from "node:test";
import { DeafWorker } from "../testing/testing-deaf-worker.ts";
import { until } from "../testing/testing-peers.ts";
import { fastClock, proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

const get = "GET /it HTTP/1.1\r\nHost: x\r\n\r\n";
const post = "POST /it HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
const needs = { skip: process.platform !== "linux" && "drops what comes to a full queue as Linux does" };

for (const [method, request] of [
  ["GET", get],
  ["POST", post],
] as const) {
  test(
    `a connect whose packet was lost: another is tried beside it, and the ${method} is done once`,
    needs,
    async (context) => {
      // Time is slow here: a busy machine must not let the worker look unreachable.
      const test = await startTestProxy(context, fastClock(0.2));
      const deaf = await DeafWorker.start();
      context.after(() => deaf.close());
      test.table({ workers: [testWorkerRow(deaf.port)] });
      const me = await test.client();
      let dials = 0;
      const count = (): void => void (dials += 1);
      subscribe("net.client.socket", count);
      context.after(() => void unsubscribe("net.client.socket", count));
      me.send(request);
      await until(() => dials >= 2, "a second connect");
      deaf.wake();
      assert.equal((await me.message()).body, "deaf");
      assert.deepEqual(deaf.asked, ["/it"]);
      assert.deepEqual(test.evidence, []);
    },
  );
}

test(
  "the second connect comes through before the first: packets are lost on the way",
  needs,
  async (context) => {
    const test = await startTestProxy(context);
    const deaf = await DeafWorker.start();
    context.after(() => deaf.close());
    test.table({ workers: [testWorkerRow(deaf.port)] });
    const me = await test.client();
    const dialled = new Promise<void>((resolve) => {
      const first = (): void => resolve();
      subscribe("net.client.socket", first);
      context.after(() => void unsubscribe("net.client.socket", first));
    });
    me.send(get);
    await dialled;
    deaf.wake();
    assert.equal((await me.message()).body, "deaf");
    const [worker] = test.proxy.pool("web").workers.values();
    assert.ok((worker?.lostAt ?? -Infinity) > -Infinity);
  },
);

test("a second connect that finds no file leaves the first on its way", needs, async (context) => {
  // Time is slow here: the first connect's packet is sent again after a second, within the time for a connection.
  const test = await startTestProxy(context, fastClock(0.5));
  const deaf = await DeafWorker.start();
  context.after(() => deaf.close());
  test.table({ workers: [testWorkerRow(deaf.port)] });
  const me = await test.client();
  const failed: Socket[] = [];
  const fail = function (this: Socket): Socket {
    failed.push(this);
    return this.destroy(Object.assign(new Error("connect EMFILE"), { code: "EMFILE", syscall: "connect" }));
  };
  const first = (): void => {
    unsubscribe("net.client.socket", first);
    queueMicrotask(() => context.mock.method(Socket.prototype, "connect", fail));
  };
  subscribe("net.client.socket", first);
  context.after(() => void unsubscribe("net.client.socket", first));
  me.send(get);
  // The question whether it takes connections, and the second connect of the request.
  await until(() => failed.length >= 2 && failed.every(({ closed }) => closed), "them to fail");
  deaf.wake();
  const { head, body } = await me.message();
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.equal(body, "deaf");
  assert.deepEqual(deaf.asked, ["/it"]);
  assert.deepEqual(test.evidence, []);
});

test("a worker that no connection reaches is out, and its requests move", needs, async (context) => {
  const services = [testService({ policy: "round-robin" })];
  const test = await proxyWithWorkers(context, 1, { services });
  const alive = test.workers[0]!.answerAll("alive");
  const deaf = await DeafWorker.start();
  context.after(() => deaf.close());
  test.table({ services, workers: [testWorkerRow(deaf.port), testWorkerRow(alive.port)] });
  const clients = await Promise.all([test.client(), test.client()]);
  for (const me of clients) me.send(post);
  for (const me of clients) assert.equal((await me.message()).body, "alive");
  assert.deepEqual(
    test.evidence.map(({ kind, id }) => [kind, id]),
    [["connect-timeout", `w-${deaf.port}`]],
  );
});

test("a slow connect to a worker that was heard of since: nobody asks", async (context) => {
  const test = await proxyWithWorkers(context, 1);
  test.workers[0]!.answerAll("alive");
  const me = await test.client();
  me.send(get);
  await me.message();
  const { watch, workers } = test.proxy.pool("web");
  const [worker] = workers.values();
  watch.slow(worker!, worker!.heardAt);
  assert.equal(worker!.probing, false);
  watch.slow(worker!, worker!.heardAt + 1);
  assert.equal(worker!.probing, true);
  await until(() => !worker!.probing, "it is asked");
  assert.equal(worker!.health.kind, "ok");
});
