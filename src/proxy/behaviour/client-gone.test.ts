import assert from "node:assert/strict";
import { test } from "node:test";
import { testingClock } from "../../worker/testing-clock.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

test("a client that goes while it waits for the answer: the worker's request is cancelled", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  me.close();
  await worker.gone();
  const report = proxy.report();
  assert.equal(report.services["web"]?.inFlight, 0);
  assert.equal(report.poisoned["aborted"], 1);
});

test("a client that resets amid the answer: the worker's answer is cancelled", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbeginning");
  await me.take("beginning");
  me.reset();
  await worker.gone();
  assert.equal(proxy.report().connections.open, 0);
});

for (const how of ["ends", "resets"] as const) {
  test(`a client that ${how} behind so much sent ahead that nobody reads it: its silent answer ends`, async (context) => {
    const clock = testingClock();
    const parts = { timeouts: { stalledClientMs: 60 } };
    const { client, workers, proxy } = await proxyWithWorkers(context, 1, parts, clock);
    const me = await client();
    me.send(get);
    const worker = await workers[0]!.connection();
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    await me.take("first");
    me.send(get.repeat(10_000));
    // While something of the answer comes, it goes on.
    for (let times = 0; times < 6; times += 1) {
      worker.send("1\r\nz\r\n");
      await me.take("z");
      clock.advance(50);
    }
    assert.equal(worker.closed || worker.ended, false);
    // What is still to be written to it when it goes would show that it is gone.
    worker.send("4\r\nlast\r\n");
    await me.take("last");
    if (how === "resets") me.reset();
    else me.close();
    await until(() => {
      clock.advance(20);
      return worker.closed || worker.ended;
    }, "the end of the silent answer");
    await until(() => proxy.report().connections.open === 0, "nothing to be left");
    assert.equal(proxy.report().services["web"]?.inFlight, 0);
  });
}

test("a client that goes amid its own body: the worker does not get an end", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const worker = await workers[0]!.connection();
  await worker.take("abc\r\n");
  me.close();
  await worker.gone();
  assert.equal(worker.received, "");
});

test("a client that goes before its request is complete leaves nothing behind", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send("GET / HTTP/1.1\r\nHo");
  await until(() => proxy.report().connections.open === 1, "accepted");
  me.close();
  await until(() => proxy.report().connections.open === 0, "closed");
  assert.equal(workers[0]!.connections.length, 0);
});

test("a client that goes while it stands in the queue leaves its place", async (context) => {
  const test = await proxyWithWorkers(context);
  const { client, workers, table, proxy } = test;
  const rows = [testWorkerRow(workers[0]!.port, { maxInFlight: 1 })];
  table({ workers: rows, services: [testService({ queue: { max: 1, waitMs: 60_000 } })] });
  const first = await client();
  first.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  const second = await client();
  second.send(get);
  await until(() => proxy.report().services["web"]?.inFlight === 2, "the second waits");
  second.close();
  await until(() => proxy.report().services["web"]?.inFlight === 1, "the second left");
  const third = await client();
  third.send(get);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
  assert.equal((await first.message()).body, "first");
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthird");
  assert.equal((await third.message()).body, "third");
});

test("a client that ends its half after the answer was read leaves the worker's connection in use", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get);
  assert.equal((await me.message()).body, "ok");
  me.socket.end();
  await me.gone();
  const other = await client();
  other.send(get);
  assert.equal((await other.message()).body, "ok");
  assert.equal(workers[0]!.connections.length, 1);
});

test("a connection that is over leaves no deadline behind: its memory is free at once", async (context) => {
  // Nothing else comes due meanwhile.
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, {}, testingClock());
  const first = await client();
  first.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await first.take("\r\n\r\n");
  const open = proxy.report().process?.deadlines;
  first.close();
  await until(() => proxy.report().connections.open === 0, "closed");
  assert.equal(
    proxy.report().process?.deadlines,
    (open ?? 0) - 1,
    "the connection's; its exchange waits for another",
  );
});
