import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./testing-peers.ts";
import { proxyWithWorkers } from "./testing-proxy.ts";

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

test("an idle connection to a worker is closed before the worker's own time is up", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok", "Keep-Alive: timeout=1\r\n");
  const me = await client();
  me.send(get);
  await me.message();
  const began = performance.now();
  await workers[0]!.connections[0]!.gone();
  assert.ok(performance.now() - began < 1000);
});
