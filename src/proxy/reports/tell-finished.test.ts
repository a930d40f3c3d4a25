import assert from "node:assert/strict";
import { test } from "node:test";
import { testingClock } from "../../worker/testing-clock.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

const settings = { requests: { slowMs: 60_000, samplesPerSecond: 0, keep: 5, redact: ["ssn"] } };
const post = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";
const get = "GET /a?ssn=1 HTTP/1.1\r\nHost: x\r\n\r\n";

test("of requests that go well nothing is kept, where no samples are taken", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, { proxy: settings });
  workers[0]!.answerAll("ok");
  const me = await client();
  for (let done = 0; done < 50; done += 1) {
    me.send(get);
    await me.message();
  }
  assert.equal(proxy.requestLog.bytes, 0);
});

test("a tunnel that its client ends has not failed; an answer that its client leaves has", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, { proxy: settings });
  const me = await client();
  me.send("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  await me.head();
  me.socket.end();
  await worker.gone();
  const other = await client();
  other.send(get);
  await (await workers[0]!.connection()).head();
  other.reset();
  await until(() => proxy.requestLog.bytes > 0, "a record");
  const records = proxy.requestLog.find({ limit: 10 });
  assert.deepEqual(
    records.map(({ path, query, end }) => ({ path, query, end })),
    [{ path: "/a", query: "?ssn=***", end: "client-gone" }],
  );
});

test("slow uploads leave the record of who was slow otherwise", async (context) => {
  const clock = testingClock();
  const { client, workers, table, proxy } = await proxyWithWorkers(context, 1, {}, clock);
  const requests = { ...settings.requests, slowMs: 1_000, keep: 2 };
  table({ proxy: { requests }, workers: [testWorkerRow(workers[0]!.port)] });
  const me = await client();
  for (const [head, body] of [
    [get, ""],
    [post, "ab"],
    [post, "ab"],
    [post, "ab"],
  ] as const) {
    me.send(head);
    const worker = await workers[0]!.connection();
    await worker.head();
    clock.advance(2_000);
    me.send(body);
    await worker.take(body);
    worker.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    await me.message();
  }
  assert.deepEqual(
    proxy.requestLog.find({ kept: "slow", limit: 10 }).map(({ path }) => path),
    ["/b", "/b", "/a"],
  );
});

test("of one failure only so many are kept", async (context) => {
  const { client, table, proxy } = await proxyWithWorkers(context, 1, {});
  table({ routes: [], proxy: { requests: { ...settings.requests, keep: 100 } } });
  const me = await client();
  const ids: string[] = [];
  for (let done = 0; done < 200; done += 1) {
    me.send(get);
    ids.push(/x-request-id: (\S+)/.exec((await me.message()).head)?.[1] ?? "");
  }
  const records = proxy.requestLog.find({ limit: 1_000 });
  assert.deepEqual(
    new Set(records.map(({ id }) => id)),
    new Set(ids.slice(-100)),
    "the last hundred, each findable by its id",
  );
});
