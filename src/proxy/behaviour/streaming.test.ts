import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testRoute } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

test("events are passed on one by one, as they come", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  await me.head();
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    worker.send(`9\r\n${event}\r\n`);
    assert.equal(await me.take(`${event}\r\n`), `9\r\n${event}\r\n`);
  }
});

test("a client that does not read stops the worker: neither the proxy nor anyone holds the answer", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.socket.pause();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  const total = 96 * 1024 * 1024;
  worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  const before = process.memoryUsage().arrayBuffers;
  const pump = (): void => {
    while (sent < total) {
      sent += chunk.length;
      if (!worker.socket.write(chunk)) return;
    }
  };
  worker.socket.on("drain", pump);
  pump();
  // The worker gets no further once the kernel's buffers on the way are full.
  let last = -1;
  await until(() => {
    const stuck = sent === last;
    last = sent;
    return stuck && worker.socket.writableLength > 0;
  }, "the worker to be held up");
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(sent < total / 2, `${sent} bytes went somewhere`);
  const held = process.memoryUsage().arrayBuffers - before;
  assert.ok(held < 16 * 1024 * 1024, `${held} bytes are held`);
  me.keepText = false;
  me.socket.resume();
  await until(() => me.receivedBytes > total, "the whole answer", 30_000);
});

test("a worker that does not read stops the client's upload; it goes on when the worker reads", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  workers[0]!.onConnection = (peer) => peer.socket.pause();
  const me = await client();
  const total = 96 * 1024 * 1024;
  me.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`);
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  const pump = (): void => {
    while (sent < total) {
      sent += chunk.length;
      if (!me.socket.write(chunk)) return;
    }
  };
  me.socket.on("drain", pump);
  pump();
  let last = -1;
  await until(() => {
    const stuck = sent === last;
    last = sent;
    return stuck && me.socket.writableLength > 0;
  }, "the client to be held up");
  assert.ok(sent < total / 2, `${sent} bytes went somewhere`);
  const worker = await workers[0]!.connection();
  worker.keepText = false;
  worker.socket.resume();
  await until(() => worker.receivedBytes > total, "the whole body", 30_000);
  worker.send("HTTP/1.1 204 No Content\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 204/);
});

test("an answer before the body's end is passed on; neither connection is used again", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfirst");
  const worker = await workers[0]!.connection();
  await worker.take("first");
  worker.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  const answer = await me.message();
  assert.match(answer.head, /^HTTP\/1\.1 413 [^]*Connection: close/);
  assert.equal(answer.body, "no");
  await me.gone();
  await worker.gone();
});

test("both ways at once: an answer that streams while the body still comes", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  const worker = await workers[0]!.connection();
  await worker.take("1\r\na\r\n");
  worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n");
  await me.take("1\r\nA\r\n");
  me.send("1\r\nb\r\n");
  await worker.take("1\r\nb\r\n");
  worker.send("1\r\nB\r\n");
  await me.take("1\r\nB\r\n");
  me.send("0\r\n\r\n");
  await worker.take("0\r\n\r\n");
  worker.send("0\r\n\r\n");
  assert.equal(await me.take("0\r\n\r\n"), "0\r\n\r\n");
});

test("early hints and 100 Continue are passed on; the body follows; HTTP/1.0 hears neither", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const worker = await workers[0]!.connection();
  assert.match(await worker.head(), /Expect: 100-continue\r\n/);
  worker.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\n/);
  assert.match(await me.head(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  me.send("hi");
  await worker.take("hi");
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  assert.equal((await me.message()).body, "ok");

  const old = await client();
  old.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  await worker.head();
  worker.send(
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  );
  await old.gone();
  assert.match(old.received, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n\r\nok$/);
});

test("too many informational answers are no answer", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 102 Processing\r\n\r\n".repeat(11));
  await me.take("x-skein-reason: bad-answer");
  await worker.gone();
});

test("HEAD, 204 and 304 have no body, whatever their fields say, and the connections stay", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  assert.match(await me.head(), /Content-Length: 500\r\n/);
  me.send(get);
  await worker.head();
  worker.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 304/);
  me.send(get);
  await worker.head();
  worker.send("HTTP/1.1 204 No Content\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 204/);
  assert.equal(workers[0]!.connections.length, 1);
});

test("a body larger than the route allows: 413 at once by its length, or when it exceeds it", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, {
    routes: [testRoute({ bodyBytesMax: 10 })],
  });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 413 [^]*body-too-large[^]*Connection: close/);
  assert.equal(workers[0]!.connections.length, 0);
  const other = await client();
  other.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n");
  const worker = await workers[0]!.connection();
  await worker.take("12345");
  other.send("6\r\n678901\r\n");
  assert.match(await other.head(), /^HTTP\/1\.1 413 [^]*body-too-large/);
  await worker.gone();
});
