import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { fastClock, proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
const checked = testService({
  check: { kind: "http", path: "/healthz", everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 },
});

/** The proxy learns how fast the workers usually answer. */
async function warm(test: TestProxy): Promise<void> {
  const me = await test.client();
  for (let sent = 0; sent < 40; sent += 1) {
    me.send(get);
    await me.message();
  }
  me.close();
}

async function clients(test: TestProxy, count: number): Promise<TestPeer[]> {
  return Promise.all(Array.from({ length: count }, () => test.client()));
}

test("a worker that stops under load: what may be repeated moves to another one, the rest waits for it", async (context) => {
  const test = await proxyWithWorkers(context);
  const stopped = test.workers[0]!.answerAll("stopped");
  await warm(test);
  stopped.stop();
  const readers = await clients(test, 3);
  const [writer] = await clients(test, 1);
  writer!.send(post);
  for (const me of readers) me.send(get);
  await until(() => stopped.waiting === 4, "all are at the stopped worker");
  const alive = (await test.worker()).answerAll("alive");
  test.table({ workers: [testWorkerRow(stopped.port), testWorkerRow(alive.port)] });
  for (const me of readers) assert.equal((await me.message()).body, "alive");
  assert.deepEqual(
    test.evidence.map(({ kind, id }) => [kind, id]),
    [["stalled", `w-${stopped.port}`]],
  );
  assert.equal(test.proxy.report().workers?.find(({ id }) => id === `w-${stopped.port}`)?.errors, 3);
  const more = await clients(test, 6);
  for (const me of more) me.send(get);
  for (const me of more) assert.equal((await me.message()).body, "alive");
  assert.equal(writer!.received, "");
  stopped.go();
  assert.equal((await writer!.message()).body, "stopped");
  assert.equal(test.evidence.at(-1)?.kind, "answered");
});

test("one lone request on a stopped worker moves too, where the service has a check's path", async (context) => {
  const test = await proxyWithWorkers(context, 1, { services: [checked] });
  const stopped = test.workers[0]!.answerAll("stopped");
  await warm(test);
  stopped.stop();
  const me = await test.client();
  me.send(get);
  await until(() => stopped.waiting > 0, "the request is there");
  const alive = (await test.worker()).answerAll("alive");
  test.table({ services: [checked], workers: [testWorkerRow(stopped.port), testWorkerRow(alive.port)] });
  assert.equal((await me.message()).body, "alive");
  assert.deepEqual(
    test.evidence.map((item) => item.kind),
    ["stalled"],
  );
});

const expecting = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";

test("who awaits a stopped worker's 100 moves as well", async (context) => {
  const test = await proxyWithWorkers(context, 1, { services: [checked] });
  const stopped = test.workers[0]!.answerAll("stopped");
  await warm(test);
  stopped.stop();
  const me = await test.client();
  me.send(expecting);
  await until(() => stopped.waiting > 0, "the request is there");
  const alive = await test.worker();
  test.table({ services: [checked], workers: [testWorkerRow(stopped.port), testWorkerRow(alive.port)] });
  const worker = await alive.connection();
  assert.match(await worker.head(), /^PUT \/ /);
  worker.send("HTTP/1.1 100 Continue\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 100 /);
  me.send("body");
  await worker.take("body");
  worker.send("HTTP/1.1 204 No Content\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 204 /);
  assert.deepEqual(
    test.evidence.map((item) => item.kind),
    ["stalled"],
  );
});

test("a client that begins with its body without the 100 is awaited, and not its worker", async (context) => {
  const test = await proxyWithWorkers(context, 1, { services: [checked] });
  const worker = test.workers[0]!.answerAll("ok");
  let [puts, checks] = [0, 0];
  worker.mute = (head) => {
    if (head.startsWith("PUT ")) puts += 1;
    if (head.startsWith("GET /healthz ")) checks += 1;
    return head.startsWith("PUT ");
  };
  await warm(test);
  const me = await test.client();
  me.send(expecting);
  await until(() => puts === 1, "the head");
  await until(() => checks === 1, "the worker to be asked");
  me.send("b");
  await until(() => worker.connections.some(({ received }) => received === "b"), "the body's beginning");
  // It would be asked again a second after the first time.
  const end = performance.now() + 1_500;
  await until(() => performance.now() > end, "some time");
  assert.equal(checks, 1);
});

test("a slow worker that answers its check is not stalled", async (context) => {
  // Time is slow here: a busy machine must not look like a stalled worker.
  const test = await proxyWithWorkers(context, 2, { services: [checked] }, fastClock(0.2));
  let checks = 0;
  for (const worker of test.workers) {
    worker.answerAll("ok");
    worker.mute = (head) => {
      if (head.startsWith("GET /healthz ")) checks += 1;
      return head.startsWith("GET /slow ");
    };
  }
  await warm(test);
  const waiting = await clients(test, 8);
  for (const me of waiting) me.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => checks >= 4, "many checks");
  assert.deepEqual(test.evidence, []);
  assert.ok(waiting.every((me) => me.received === ""));
});

test("a slow worker that answered its check is asked again a second later, or when it gets another request", async (context) => {
  const factor = 0.5;
  const test = await proxyWithWorkers(context, 1, { services: [checked] }, fastClock(factor));
  const asked: number[] = [];
  const worker = test.workers[0]!.answerAll("ok");
  worker.mute = (head) => {
    if (head.startsWith("GET /healthz ")) asked.push(performance.now() * factor);
    return head.startsWith("GET /slow ");
  };
  const gapMs = (): number => asked.at(-1)! - asked.at(-2)!;
  await warm(test);
  const [late, ...two] = await clients(test, 3);
  for (const me of two) me.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => asked.length === 2, "a second question");
  assert.ok(gapMs() > 900, `${gapMs()} ms`);
  late!.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => asked.length === 3, "a third one");
  assert.ok(gapMs() < 900, `${gapMs()} ms`);
});

test("a slow worker without a check that answers whatever it is asked is not stalled", async (context) => {
  const test = await proxyWithWorkers(context, 2, {}, fastClock(0.2));
  let questions = 0;
  for (const worker of test.workers) {
    worker.answerAll("ok");
    worker.mute = (head) => {
      if (head.startsWith("OPTIONS * ")) questions += 1;
      return head.startsWith("GET /slow ");
    };
  }
  await warm(test);
  const waiting = await clients(test, 8);
  for (const me of waiting) me.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => questions >= 4, "many questions");
  assert.deepEqual(test.evidence, []);
  assert.ok(waiting.every((me) => me.received === ""));
});

test("a worker that hangs up on what it does not know lives", async (context) => {
  const test = await proxyWithWorkers(context, 1, {}, fastClock(0.2));
  const [worker] = test.workers;
  let questions = 0;
  worker!.answerAll("ok");
  await warm(test);
  worker!.mute = (head) => {
    if (!head.startsWith("OPTIONS * ")) return head.startsWith("GET /slow ");
    questions += 1;
    worker!.connections.at(-1)?.socket.destroy();
    return true;
  };
  for (const me of await clients(test, 2)) me.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => questions >= 2, "it is asked again");
  assert.deepEqual(test.evidence, []);
});

test("a stalled worker is tried again by one request that may be repeated", async (context) => {
  // Each gets several requests: a lone one at a stopped worker without a check waits for its deadline.
  const services = [testService({ policy: "round-robin" })];
  const test = await proxyWithWorkers(context, 2, { services }, fastClock(8));
  const [stopped, alive] = test.workers as [(typeof test.workers)[0], (typeof test.workers)[0]];
  stopped.answerAll("stopped");
  alive.answerAll("alive");
  await warm(test);
  stopped.stop();
  const readers = await clients(test, 8);
  for (const me of readers) me.send(get);
  for (const me of readers) assert.equal((await me.message()).body, "alive");
  // A canary in vain costs its request some time, and no more.
  const me = await test.client();
  const connections = stopped.connections.length;
  while (stopped.connections.length === connections) {
    me.send(get);
    assert.equal((await me.message()).body, "alive");
  }
  for (const peer of stopped.connections) peer.received = "";
  stopped.go();
  let answer = "";
  while (answer !== "stopped") {
    me.send(get);
    answer = (await me.message()).body;
  }
});

test("a worker that the table calls blocked: its requests move at once", async (context) => {
  const test = await proxyWithWorkers(context, 1);
  const blocked = test.workers[0]!.answerAll("blocked");
  blocked.stop();
  const me = await test.client();
  me.send(get);
  await until(() => blocked.waiting === 1, "the request is there");
  const alive = (await test.worker()).answerAll("alive");
  const state = { kind: "suspect", cause: "blocked", strength: "soft" } as const;
  test.table({ workers: [testWorkerRow(blocked.port), testWorkerRow(alive.port)] });
  test.table({ workers: [testWorkerRow(blocked.port, { state }), testWorkerRow(alive.port)] });
  assert.equal((await me.message()).body, "alive");
});

test("one lone request on a silent worker with a session: its controllers are asked, and what they find moves it", async (context) => {
  const test = await proxyWithWorkers(context);
  const stopped = test.workers[0]!.answerAll("stopped");
  test.table({ workers: [testWorkerRow(stopped.port, { session: true, generation: 2 })] });
  await warm(test);
  stopped.stop();
  const me = await test.client();
  me.send(get);
  await until(() => test.evidence.length > 0, "the controllers are asked");
  assert.deepEqual(
    test.evidence.map(({ kind, generation }) => [kind, generation]),
    [["silent", 2]],
  );
  const alive = (await test.worker()).answerAll("alive");
  const out = { kind: "suspect", cause: "stalled", strength: "soft" } as const;
  const row = testWorkerRow(stopped.port, { session: true, generation: 2, state: out });
  test.table({ workers: [row, testWorkerRow(alive.port)] });
  assert.equal((await me.message()).body, "alive");
});
