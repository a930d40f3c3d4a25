import assert from "node:assert/strict";
import { test } from "node:test";
import { testingClock } from "../../worker/testing-clock.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testRoute } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

test("a head that does not come to its end: 408 and the end", async (context) => {
  const { client } = await proxyWithWorkers(context, 1, { timeouts: { headMs: 50 } });
  const me = await client();
  me.send("GET / HTTP/1.1\r\nHost");
  assert.match(
    (await me.message()).head,
    /^HTTP\/1\.1 408 [^]*x-skein-reason: request-timeout[^]*Connection: close/,
  );
  await me.gone();
});

test("a head that drips byte after byte: 408 when its time is over, whatever comes", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { headMs: 50 } });
  const me = await client();
  me.send("GET / HTTP/1.1\r\nHost: x\r\nX-Drip: ");
  await until(() => {
    if (!me.ended) me.send("x");
    return me.received.includes("\r\n\r\n");
  }, "an answer");
  assert.match(await me.head(), /^HTTP\/1\.1 408 [^]*x-skein-reason: request-timeout/);
  await me.gone();
  assert.equal(workers[0]!.connections.length, 0);
});

test("an idle client is let go without a word", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { idleClientMs: 50 } });
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get);
  assert.equal((await me.message()).body, "ok");
  await me.gone();
  assert.equal(me.received, "");
});

test("a body that stops coming: 408, and the worker's request is cancelled", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 60 } });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  const worker = await workers[0]!.connection();
  await worker.take("abc");
  assert.match((await me.message()).head, /^HTTP\/1\.1 408 /);
  await worker.gone();
});

test("a body that drips byte after byte: 408, and the worker's request is cancelled", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, {
    timeouts: { stalledClientMs: 60 },
    // Far more than a byte for each turn of the loop.
    limits: { bodyBytesPerSecondMin: 1_000_000 },
  });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const worker = await workers[0]!.connection();
  await worker.head();
  await until(() => {
    if (!me.ended) me.send("x");
    return me.received.includes("\r\n\r\n");
  }, "an answer");
  assert.match(await me.head(), /^HTTP\/1\.1 408 [^]*x-skein-reason: request-timeout/);
  await worker.gone();
});

test("a body that drips while its answer comes is left: it may well wait for that", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, {
    timeouts: { stalledClientMs: 400 },
    limits: { bodyBytesPerSecondMin: 1_000_000 },
  });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await me.head();
  // Longer than the time of a body's pace by far; each step is far shorter, also on a busy machine.
  const began = performance.now();
  while (performance.now() - began < 1_000) {
    me.send("1\r\nx\r\n");
    await worker.take("1\r\nx\r\n");
    worker.send("1\r\ny\r\n");
    await me.take("1\r\ny\r\n");
  }
  me.send("0\r\n\r\n");
  worker.send("0\r\n\r\n");
  await me.take("0\r\n\r\n");
});

test("a client that says nothing while it takes what is answered goes on, for as long as it takes", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 60 } });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const worker = await workers[0]!.connection();
  await worker.take("abc\r\n");
  worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await me.head();
  const end = performance.now() + 500;
  await until(() => {
    worker.send("1\r\nz\r\n");
    return performance.now() > end;
  }, "half a second");
  assert.equal(me.closed, false);
  me.send("3\r\ndef\r\n0\r\n\r\n");
  await worker.take("0\r\n\r\n");
  worker.send("0\r\n\r\n");
  await me.take("0\r\n\r\n");
  // Neither way: that is the end.
  const silent = await client();
  silent.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const second = await workers[0]!.connection();
  await second.take("abc\r\n");
  second.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await until(() => silent.closed, "the end");
});

test("a worker that does not say 100: it is late, not the client that waits for it", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, {
    routes: [testRoute({ headTimeoutMs: 200 })],
    timeouts: { stalledClientMs: 50 },
  });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  await (await workers[0]!.connection()).head();
  assert.match((await me.message()).head, /^HTTP\/1\.1 504 [^]*x-skein-reason: head-timeout/);
  assert.deepEqual(proxy.report().problems, { "head-timeout": 1 });
});

test("a client that does not begin with its body after the 100: 408", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 60 } });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 100 Continue\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 100 /);
  assert.match((await me.message()).head, /^HTTP\/1\.1 408 /);
});

test("a client that takes its answer slowly gets all of it", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 300 } });
  const me = await client();
  me.keepText = false;
  me.socket.pause();
  const size = 24 * 1024 * 1024;
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  worker.send(Buffer.alloc(size, "x"));
  let readOn = 0;
  me.socket.on("data", () => {
    if (me.receivedBytes < readOn) return;
    me.socket.pause();
    readOn = me.receivedBytes + 512 * 1024;
    setTimeout(() => me.socket.resume(), 15);
  });
  me.socket.resume();
  await until(() => me.receivedBytes > size, "all of it", 30_000);
});

test("a client that takes no byte of its answer is cut off", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, {
    timeouts: { stalledClientMs: 100 },
  });
  const me = await client();
  me.socket.pause();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  const size = 64 * 1024 * 1024;
  worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  worker.send(Buffer.alloc(size, "x"));
  await until(() => proxy.report().connections.open === 0, "cut off");
  await worker.gone();
});

test("a long answer without pauses outlives every timeout", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, {
    timeouts: { stalledClientMs: 60, idleClientMs: 60, headMs: 60, idleWorkerMs: 60 },
  });
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (let sent = 0; sent < 12; sent += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    worker.send("1\r\nx\r\n");
    await me.take("1\r\nx\r\n");
  }
  worker.send("0\r\n\r\n");
  await me.take("0\r\n\r\n");
});

test("an idle connection to a worker is used for 80 % of the time that the worker tells, and closed before its end", async (context) => {
  const clock = testingClock();
  const { client, workers } = await proxyWithWorkers(
    context,
    1,
    { timeouts: { idleWorkerMs: 60_000, idleClientMs: 60_000 } },
    clock,
  );
  workers[0]!.answerAll("ok", "Keep-Alive: timeout=10\r\n");
  const me = await client();
  const ask = async (): Promise<void> => {
    me.send(get);
    assert.equal((await me.message()).body, "ok");
  };
  await ask();
  for (let time = 0; time < 2; time += 1) {
    clock.advance(7_000);
    await ask();
    assert.equal(workers[0]!.connections.length, 1, "used again at 70 %");
  }
  clock.advance(7_900);
  const connection = workers[0]!.connections[0]!;
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(connection.ended || connection.closed, false, "open at 79 %");
  clock.advance(1_000);
  await connection.gone();
  await ask();
  assert.equal(workers[0]!.connections.length, 2);
});

test("an idle connection to a worker that tells no time is closed after the set one", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { idleWorkerMs: 40 } });
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get);
  await me.message();
  await workers[0]!.connections[0]!.gone();
  me.send(get);
  assert.equal((await me.message()).body, "ok");
});

test("a connection that has reached its age ends with its next answer", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { limits: { connectionAgeMsMax: 50 } });
  workers[0]!.answerAll("ok");
  const me = await client();
  let answers = 0;
  for (let last = false; !last; answers += 1) {
    me.send(get);
    const { head, body } = await me.message();
    assert.equal(body, "ok");
    last = /Connection: close/.test(head);
  }
  assert.ok(answers > 1);
  await me.gone();
});
