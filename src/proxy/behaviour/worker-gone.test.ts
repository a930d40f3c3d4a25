import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import type { LateSender } from "../engine.ts";
import { TestWorker, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";

/** Two workers: the first request went to the first one, which the test holds; the second answers everything. */
async function held(context: Parameters<typeof proxyWithWorkers>[0], request: string, route = testRoute()) {
  const test = await proxyWithWorkers(context, 1, { routes: [route] });
  const me = await test.client();
  me.send(request);
  const worker = await test.workers[0]!.connection();
  await worker.head();
  const other = (await test.worker()).answerAll("other");
  test.table({
    routes: [route],
    workers: [testWorkerRow(test.workers[0]!.port), testWorkerRow(other.port)],
  });
  return { ...test, me, worker, other };
}

/** Of each worker that was asked: what came to an end there, and what of it was no answer, or a bad one. */
const counted = ({ proxy }: Pick<TestProxy, "proxy">): number[][] | undefined =>
  proxy.report().workers?.map(({ answers, errors }) => [answers, errors]);

test("reset without a byte: a GET is repeated once, told as a retry, and counted as an error of the first", async (context) => {
  const test = await held(context, get);
  const { me, worker, proxy } = test;
  worker.reset();
  assert.equal((await me.message()).body, "other");
  assert.deepEqual(proxy.report().retries, { taken: 1, denied: 0 });
  assert.deepEqual(counted(test), [
    [1, 1],
    [1, 0],
  ]);
});

test("closed without a byte is the same as reset", async (context) => {
  const { me, worker } = await held(context, get);
  worker.socket.end();
  assert.equal((await me.message()).body, "other");
});

test("a PUT is repeated with its body", async (context) => {
  const { me, worker, other } = await held(
    context,
    "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab",
  );
  me.send("cd");
  await worker.take("abcd");
  other.onConnection = () => {};
  worker.reset();
  const second = await other.connection();
  assert.match(await second.take("abcd"), /^PUT \/ HTTP\/1\.1\r\n[^]*Content-Length: 4\r\n/);
  second.send("HTTP/1.1 204 No Content\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 204/);
});

test("a PUT whose body is larger than may be held is not repeated", async (context) => {
  const size = 100_000;
  const { me, worker, other } = await held(
    context,
    `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`,
  );
  me.send("x".repeat(size));
  await until(() => worker.receivedBytes > size, "the body");
  worker.reset();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/);
  assert.equal(other.connections.length, 0);
});

test("a POST is never repeated", async (context) => {
  const test = await held(context, post);
  const { me, worker, other } = test;
  await worker.take("hi");
  worker.reset();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/);
  assert.equal(other.connections.length, 0);
  assert.deepEqual(counted(test), [[1, 1]]);
});

test("a route may forbid retries", async (context) => {
  const { me, worker } = await held(context, get, testRoute({ retry: false }));
  worker.reset();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/);
});

test("after some bytes of a head: no retry", async (context) => {
  const { me, worker } = await held(context, get);
  worker.send("HTTP/1.1 200 O");
  worker.socket.end();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/);
});

test("without a token in the budget: no retry", async (context) => {
  const test = await proxyWithWorkers(context, 2, {
    proxy: { retryBudget: { ratio: 0, reserve: 0, perSecondMin: 0 } },
  });
  const me = await test.client();
  me.send(get);
  await until(() => test.workers.some((worker) => worker.connections.length > 0), "a connection");
  const worker = await test.workers.find((one) => one.connections.length > 0)!.connection();
  await worker.head();
  worker.reset();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/);
  assert.deepEqual(test.proxy.report().retries, { taken: 0, denied: 1 });
});

const chunked = "Transfer-Encoding: chunked";
for (const [where, head, part] of [
  ["right after the head", "Content-Length: 100", ""],
  ["in a body with a length", "Content-Length: 100", "part"],
  ["right after the head of a chunked body", chunked, ""],
  ["within the line of a chunk's size", chunked, "4"],
  ["within a chunk", chunked, "8\r\npart"],
  ["before the line end of a chunk", chunked, "4\r\npart"],
  ["between two chunks", chunked, "4\r\npart\r\n"],
  ["before the end of the trailers", chunked, "4\r\npart\r\n0\r\n"],
  ["within a trailer", chunked, "4\r\npart\r\n0\r\nX-Sum: 1"],
] as const) {
  for (const how of ["ends", "resets"] as const) {
    test(`a worker ${how} ${where}: the client's connection is cut, never ended well`, async (context) => {
      const { me, worker } = await held(context, get);
      worker.send(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${part}`);
      await me.head();
      if (part.includes("part")) await me.take("part");
      if (how === "ends") worker.socket.end();
      else worker.reset();
      await until(() => me.closed, "closed");
      assert.equal(me.error?.code, "ECONNRESET");
      assert.doesNotMatch(me.received, /0\r\n\r\n$/);
    });
  }
}

test("a worker that takes the connection and ends it: a GET goes to another one, a POST is never repeated", async (context) => {
  const test = await proxyWithWorkers(context);
  const dropping = test.workers[0]!;
  dropping.onConnection = (peer) => peer.reset();
  const other = (await test.worker()).answerAll("other");
  const [first, second] = [testWorkerRow(dropping.port), testWorkerRow(other.port)];
  let posted = 0;
  other.mute = (head) => {
    if (head.startsWith("POST ")) posted += 1;
    return false;
  };
  let unknown = 0;
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins without evidence against it.
    test.table({ workers: [second] });
    test.table({ workers: [first, second] });
    const me = await test.client();
    me.send(get);
    assert.equal((await me.message()).body, "other");
    me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    const answer = await me.message();
    if (/x-skein-reason: outcome-unknown/.test(answer.head)) unknown += 1;
    else assert.equal(answer.body, "other");
  }
  assert.ok(dropping.connections.length > 0);
  assert.equal(posted, rounds - unknown);
});

test("a body up to the end of the connection: an end is the end, a reset is not", async (context) => {
  const test = await proxyWithWorkers(context);
  const { client, workers } = test;
  const me = await client();
  me.send(get);
  const first = await workers[0]!.connection();
  await first.head();
  first.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  first.socket.end();
  assert.match(await me.head(), /Transfer-Encoding: chunked/);
  assert.equal(await me.take("0\r\n\r\n"), "9\r\nall of it\r\n0\r\n\r\n");
  me.send(get);
  const second = await workers[0]!.connection();
  await second.head();
  second.send("HTTP/1.1 200 OK\r\n\r\npart");
  await me.take("part");
  second.reset();
  await until(() => me.closed, "closed");
  assert.ok(!me.received.includes("0\r\n\r\n"));
  // What has begun is counted by its status.
  assert.deepEqual(counted(test), [[2, 0]]);
});

/** The proxy's end of its connection to this worker. */
function proxysEnd(port: number): Socket {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  const found = handles.find((one): one is Socket => one instanceof Socket && one.remotePort === port);
  assert.ok(found);
  return found;
}

for (const code of ["ETIMEDOUT", "EHOSTUNREACH", "ECONNABORTED"]) {
  test(`a body up to the end of the connection: ${code} is no end`, async (context) => {
    const { client, workers } = await proxyWithWorkers(context);
    const me = await client();
    me.send(get);
    const worker = await workers[0]!.connection();
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\n\r\nfirst half");
    await me.take("first half");
    // As the kernel says that a host is gone.
    proxysEnd(workers[0]!.port).destroy(Object.assign(new Error(`read ${code}`), { code, syscall: "read" }));
    await until(() => me.closed, "the end");
    assert.equal(me.error?.code, "ECONNRESET");
    assert.doesNotMatch(me.received, /0\r\n\r\n$/);
  });
}

/** Of a Node that destroys a socket whose write fails there is nothing left to be read. */
const skip =
  Number(process.versions.node.split(".")[0]) < 26 && "this Node's streams end with a write that fails";

/**
 * A worker answers amid an upload and closes, with bytes unread, so that a reset follows at once; all that, and more of the upload in
 * front, lies in the kernel before the proxy's next turn: it writes before it reads.
 */
async function answeredAmidUpload(context: TestContext, method: string, answer: string) {
  const test = await held(context, `${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart`);
  await test.worker.take("part");
  test.me.send("more");
  if (answer !== "") test.worker.send(answer);
  test.worker.reset();
  return test;
}

for (const method of ["POST", "PUT"]) {
  test(
    `a ${method} amid which the worker answers and resets: its answer counts, also where a write finds the reset first`,
    { skip },
    async (context) => {
      const answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
      const { me, other, proxy } = await answeredAmidUpload(context, method, answer);
      const { head, body } = await me.message();
      assert.match(head, /^HTTP\/1\.1 413 [^]*Connection: close/);
      assert.equal(body, "no");
      await me.gone();
      assert.equal(other.connections.length, 0);
      assert.deepEqual(proxy.report().poisoned, { "early-answer": 1 });
    },
  );
}

test(
  "a write finds the reset before an answer up to the connection's end is read: that is no end",
  { skip },
  async (context) => {
    const { me } = await answeredAmidUpload(context, "POST", "HTTP/1.1 200 OK\r\n\r\nfirst half");
    await me.take("first half");
    await until(() => me.closed, "the end");
    assert.equal(me.error?.code, "ECONNRESET");
    assert.doesNotMatch(me.received, /0\r\n\r\n$/);
  },
);

test("a write finds the reset, and there is no answer: it is lost as by any reset", async (context) => {
  const { me, other, proxy } = await answeredAmidUpload(context, "POST", "");
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/);
  assert.equal(other.connections.length, 0);
  assert.deepEqual(proxy.report().poisoned, { "worker-lost": 1 });
});

test("a POST does not go on a connection that the worker has just closed", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const worker = workers[0]!;
  worker.answerAll("ok");
  const me = await client();
  for (let round = 0; round < 30; round += 1) {
    me.send(get);
    assert.equal((await me.message()).body, "ok");
    // The end and the request reach the proxy in the same turn of its loop or close to it.
    worker.connections.at(-1)?.socket.end();
    me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert.match((await me.message()).head, /^HTTP\/1\.1 200 /);
  }
});

test("bytes on an idle connection: it is destroyed, and they never become an answer", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get);
  await me.message();
  const first = workers[0]!.connections[0]!;
  first.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  await first.gone();
  me.send(get);
  assert.equal((await me.message()).body, "ok");
  assert.equal(proxy.report().poisoned["left-over"], 1);
});

for (const method of ["GET", "POST"]) {
  test(`bytes on an idle connection that come with another client's ${method}: never its answer`, async (context) => {
    const { client, workers, proxy } = await proxyWithWorkers(context);
    const [me, other] = [await client(), await client()];
    me.send(get);
    const worker = await workers[0]!.connection();
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert.equal((await me.message()).body, "ok");
    // Both lie in the kernel before the proxy's next turn, the request in front.
    other.send(`${method} /other HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    const busyUntil = performance.now() + 30;
    while (performance.now() < busyUntil);
    const second = await workers[0]!.connection();
    assert.match(await second.head(), new RegExp(`^${method} /other `));
    second.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright");
    assert.equal((await other.message()).body, "right");
    assert.equal(proxy.report().poisoned["left-over"], 1);
  });
}

test("bytes on an idle connection that a reset follows, right before a request is written: never its answer", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  assert.equal((await me.message()).body, "ok");
  const { sendLater } = proxy;
  const add = sendLater.add.bind(sendLater);
  context.mock.method(sendLater, "add", (sender: LateSender) => {
    // After the sockets were read for the last time before the write.
    setImmediate(() => {
      worker.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
      worker.reset();
    });
    add(sender);
  });
  workers[0]!.answerAll("right");
  me.send(get);
  assert.equal((await me.message()).body, "right");
});

test("bytes after the answer's end spoil the connection", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
  );
  assert.equal((await me.message()).body, "ok");
  await worker.gone();
  assert.equal(me.received, "");
});

test("an invalid answer: 502, and the connection is not used again", async (context) => {
  const { me, worker } = await held(context, get);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: bad-answer/);
  await worker.gone();
});

test("a worker that is back is found by a probe, and told to the controller", async (context) => {
  const { client, workers, evidence, proxy } = await proxyWithWorkers(context);
  const { port } = workers[0]!;
  workers[0]!.server.close();
  const me = await client();
  me.send(get);
  await until(() => evidence.some((item) => item.kind === "refused"), "refused");
  const again = (await new TestWorker().listen(port)).answerAll("back");
  context.after(() => again.close());
  assert.equal((await me.message()).body, "back");
  assert.equal(evidence.at(-1)?.kind, "answered");
  assert.equal(proxy.report().services["web"]?.requests, 1);
});

test("a killed worker leaves the candidates by its idle connections, without a request", async (context) => {
  const { client, workers, evidence } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get);
  await me.message();
  workers[0]!.kill();
  await until(() => evidence.some((item) => item.kind === "refused"), "refused");
});

test("a worker that only drops a connection stays a candidate", async (context) => {
  const { client, workers, evidence } = await proxyWithWorkers(context);
  const me = await client();
  me.send(post);
  const first = await workers[0]!.connection();
  await first.take("hi");
  workers[0]!.answerAll("ok");
  first.reset();
  assert.match((await me.message()).head, /outcome-unknown/);
  me.send(get);
  assert.equal((await me.message()).body, "ok");
  assert.deepEqual(evidence, []);
});

test("no answer in time: 504, and the worker's request is cancelled", async (context) => {
  const { me, worker } = await held(context, get, testRoute({ headTimeoutMs: 60 }));
  assert.match((await me.message()).head, /^HTTP\/1\.1 504 [^]*x-skein-reason: head-timeout/);
  await worker.gone();
});

test("a draining worker gets nothing new, and its idle connections are closed", async (context) => {
  const { client, workers, table, worker: newWorker } = await proxyWithWorkers(context);
  workers[0]!.answerAll("first");
  const me = await client();
  me.send(get);
  assert.equal((await me.message()).body, "first");
  const other = (await newWorker()).answerAll("other");
  table({
    services: [testService()],
    workers: [testWorkerRow(workers[0]!.port, { state: { kind: "draining" } }), testWorkerRow(other.port)],
  });
  await workers[0]!.connections[0]!.gone();
  me.send(get);
  assert.equal((await me.message()).body, "other");
});
