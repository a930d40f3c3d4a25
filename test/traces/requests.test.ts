import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { readTraceparent } from "../../src/core/traces/trace-context.ts";
import type { ProxySettings, TraceSettings } from "../../src/protocol/configuration.ts";
import { TestLinkWorker } from "../../src/proxy/testing/testing-link-worker.ts";
import { type TestPeer, type TestWorker, until } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { TestCollector } from "./collector.ts";
import { attributesOf, type WireSpan } from "./otlp-definition.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerId = "b7ad6b7169203331";
const sampled = `traceparent: 00-${traceId}-${callerId}-01\r\n`;
const get = (fields = "", path = "/"): string =>
  `GET ${path} HTTP/1.1\r\nHost: shop.example\r\n${fields}\r\n`;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

interface Stage extends TestProxy {
  collector: TestCollector;
  me: TestPeer;
  first: TestWorker;
  second: TestWorker;
}

interface StageParts {
  traces?: Partial<TraceSettings> | false;
  proxy?: Partial<ProxySettings>;
  hedge?: boolean;
  maxInFlight?: number;
}

/** A proxy before two workers that answer at once, with a collector. */
async function stage(context: TestContext, parts: StageParts = {}): Promise<Stage> {
  const proxy = await startTestProxy(context);
  const collector = await new TestCollector().listen(context);
  const first = await proxy.worker();
  const second = await proxy.worker();
  for (const worker of [first, second]) answers(worker);
  const { traces = {}, hedge = false, maxInFlight } = parts;
  proxy.table({
    routes: [testRoute({ name: "/", rewrite: { prefix: "/", with: "/app/" } })],
    services: [
      testService({ policy: "round-robin", hedge, ...(maxInFlight === undefined ? {} : { maxInFlight }) }),
    ],
    workers: [testWorkerRow(first.port, { id: "w-1" }), testWorkerRow(second.port, { id: "w-2" })],
    proxy: { ...(traces === false ? {} : { traces: collector.settings(traces) }), ...parts.proxy },
  });
  context.after(() => assert.deepEqual(collector.faults, []));
  return { ...proxy, collector, me: await proxy.client(), first, second };
}

function answers(worker: TestWorker, answer = ok): string[] {
  const heads: string[] = [];
  worker.onConnection = (peer) =>
    peer.socket.on("data", () => {
      while (peer.received.includes("\r\n\r\n")) {
        const at = peer.received.indexOf("\r\n\r\n") + 4;
        heads.push(peer.received.slice(0, at));
        peer.received = peer.received.slice(at);
        peer.send(answer);
      }
    });
  return heads;
}

const parentIn = (head: string): string | undefined => /^traceparent: (.*)\r$/im.exec(head)?.[1];
const stateIn = (head: string): string | undefined => /^tracestate: (.*)\r$/im.exec(head)?.[1];
const byName = (spans: WireSpan[], name: string): WireSpan[] => spans.filter((span) => span.name === name);

/** Every span but the roots has its parent, and lies within it. */
function assertTree(spans: WireSpan[], roots: string[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  assert.equal(byId.size, spans.length);
  for (const { parentSpanId = "", startTimeUnixNano, endTimeUnixNano, name } of spans) {
    assert.ok(BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano), name);
    const parent = byId.get(parentSpanId);
    if (parent === undefined) {
      assert.ok(roots.includes(parentSpanId), `${name} has the parent '${parentSpanId}'`);
      continue;
    }
    assert.ok(BigInt(startTimeUnixNano) >= BigInt(parent.startTimeUnixNano), name);
    assert.ok(BigInt(endTimeUnixNano) <= BigInt(parent.endTimeUnixNano), name);
  }
}

test("a caller's trace goes on: its request, the try, the connect; and the worker is told the try", async (context) => {
  const { me, collector, first } = await stage(context);
  const heads = answers(first);
  const before = BigInt(Date.now()) * 1_000_000n;
  me.send(get(`${sampled}tracestate: a=1\r\ntracestate: b=2\r\n`, "/x?token=secret&b=1"));
  assert.equal((await me.message()).body, "ok");
  await until(() => collector.spans.length === 3, "the spans");
  const { spans } = collector;
  assertTree(spans, [callerId]);
  const [server] = byName(spans, "GET /");
  const [client] = byName(spans, "GET");
  const [connect] = byName(spans, "connect");
  assert.deepEqual([server?.parentSpanId, server?.kind, server?.traceId], [callerId, 2, traceId]);
  assert.deepEqual([client?.parentSpanId, client?.kind, client?.traceId], [server?.spanId, 3, traceId]);
  assert.deepEqual([connect?.parentSpanId, connect?.kind], [client?.spanId, 1]);
  const head = heads[0] ?? "";
  assert.equal(parentIn(head), `00-${traceId}-${client?.spanId}-01`);
  assert.equal(stateIn(head), "a=1,b=2");
  assert.equal(head.match(/traceparent/gi)?.length, 1);
  assert.equal(client?.traceState, "a=1,b=2");
  assert.deepEqual(
    client?.events?.map(({ name }) => name),
    ["sent", "first byte"],
  );
  assert.deepEqual(
    server?.events?.map(({ name }) => name),
    ["answer began"],
  );
  assert.match(head, /^GET \/app\/x\?token=secret/);
  const { "url.query": query, "url.path": path } = attributesOf(server);
  assert.equal(path, "/x");
  assert.match(String(query), /^token=\*+&b=1$/);
  assert.match(
    String(attributesOf(client)["url.full"]),
    new RegExp(`^http://127.0.0.1:${first.port}/app/x\\?token=\\*`),
  );
  assert.ok(BigInt(server.startTimeUnixNano) > before - 1_000_000_000n);
  assert.ok(BigInt(server.endTimeUnixNano) < BigInt(Date.now() + 1_000) * 1_000_000n);
  const resource = attributesOf(collector.batches[0]!.resourceSpans[0]!.resource);
  assert.deepEqual(resource, { "service.name": "shop", "service.instance.id": "proxy-1/test" });
  assert.doesNotMatch(JSON.stringify(collector.batches), /secret/);
});

test("without one, a trace begins; the same connection makes no connect", async (context) => {
  const { me, collector, first, table } = await stage(context);
  table({ workers: [testWorkerRow(first.port)], proxy: { traces: collector.settings() } });
  const heads = answers(first);
  me.send(get());
  await me.message();
  await until(() => collector.spans.length === 3, "the first trace");
  me.send(get());
  await me.message();
  await until(() => collector.spans.length === 5, "the second trace");
  const spans = collector.spans.slice(3);
  assertTree(spans, [""]);
  const told = readTraceparent(parentIn(heads.at(-1) ?? "") ?? "");
  assert.deepEqual(told, { traceId: spans[0]?.traceId, parentId: byName(spans, "GET")[0]?.spanId, flags: 3 });
  assert.notEqual(spans[0]?.traceId, collector.spans[0]?.traceId);
});

for (const [what, fields] of [
  ["not valid", "traceparent: 00-a-b-01\r\ntracestate: a=1\r\n"],
  ["sent twice", `${sampled}${sampled}tracestate: a=1\r\n`],
  ["of version ff", `traceparent: ff-${traceId}-${callerId}-01\r\ntracestate: a=1\r\n`],
] as const) {
  test(`one that is ${what}: the trace begins anew, and nothing of the other is passed on`, async (context) => {
    const { me, collector, first, second } = await stage(context);
    const heads = [answers(first), answers(second)];
    me.send(get(fields));
    await me.message();
    await until(() => collector.spans.length === 3, "the spans");
    assertTree(collector.spans, [""]);
    assert.notEqual(collector.spans[0]?.traceId, traceId);
    const [head = ""] = heads.flat();
    assert.equal(readTraceparent(parentIn(head) ?? "")?.traceId, collector.spans[0]?.traceId);
    assert.equal(head.match(/traceparent/gi)?.length, 1);
    assert.equal(stateIn(head), undefined);
  });
}

/** Requests that are not recorded, then one that is: only that is told, and all was sent when it came. */
async function onlyTheLast(on: Stage, fields: readonly string[]): Promise<string[]> {
  const heads = answers(on.first);
  on.second.close();
  for (const each of fields) {
    on.me.send(get(each));
    await on.me.message();
  }
  on.me.send(get(sampled));
  await on.me.message();
  await until(() => byName(on.collector.spans, "GET /").length > 0, "the recorded one");
  assert.deepEqual(new Set(on.collector.spans.map((span) => span.traceId)), new Set([traceId]));
  return heads;
}

test("a trace that nobody records is passed on untouched, whatever is in it", async (context) => {
  const untouched = `traceparent: 00-${traceId.replace("0", "1")}-${callerId}-00\r\ntracestate: A=1\r\n`;
  const heads = await onlyTheLast(await stage(context), [untouched]);
  assert.ok(heads[0]?.includes(untouched), String(heads[0]));
});

test("a trace that begins here unrecorded tells the worker so, once for all tries", async (context) => {
  const heads = await onlyTheLast(await stage(context, { traces: { share: 0 } }), [
    "",
    "traceparent: 00-a-b-01\r\n",
  ]);
  for (const head of heads.slice(0, 2)) assert.equal(readTraceparent(parentIn(head) ?? "")?.flags, 2, head);
});

test("strangers' traces are not gone on with where only trusted ones are", async (context) => {
  const { me, collector } = await stage(context, { traces: { follow: "trusted" } });
  me.send(get(sampled));
  await me.message();
  await until(() => collector.spans.length === 3, "the spans");
  assertTree(collector.spans, [""]);
  assert.notEqual(collector.spans[0]?.traceId, traceId);
});

test("off: whatever came goes on as it came, and nothing is made", async (context) => {
  const { me, collector, first, second, proxy } = await stage(context, { traces: false });
  const heads = [answers(first), answers(second)];
  const fields = ["", sampled, "traceparent: 00-a-b-01\r\ntracestate: \r\n"];
  for (const each of fields) {
    me.send(get(each));
    await me.message();
  }
  const all = heads.flat();
  assert.equal(all.length, 3);
  for (const each of fields.slice(1))
    assert.ok(
      all.some((head) => head.includes(each)),
      each,
    );
  assert.equal(all.filter((head) => /traceparent/i.test(head)).length, 2);
  assert.equal(collector.offers.length, 0);
  assert.equal(proxy.tracer, undefined);
});

test("a worker refuses: two tries, each under the request; the second one is told to its worker", async (context) => {
  const { me, collector, first, second } = await stage(context);
  const heads = answers(second);
  first.close();
  for (let sent = 0; sent < 2; sent += 1) {
    me.send(get(sampled));
    await me.message();
  }
  const failed = (): WireSpan | undefined =>
    byName(collector.spans, "GET").find(({ status }) => status.code === 2);
  await until(
    () => failed() !== undefined && byName(collector.spans, "GET /").length === 2,
    "the failed try",
  );
  assertTree(collector.spans, [callerId]);
  const bad = failed()!;
  const [good, ...more] = byName(collector.spans, "GET").filter(
    ({ parentSpanId, spanId }) => parentSpanId === bad.parentSpanId && spanId !== bad.spanId,
  );
  assert.deepEqual(more, []);
  const of = attributesOf(bad);
  assert.deepEqual(
    [of["error.type"], of["skein.worker"], of["skein.rule"]],
    ["refused", "w-1", "never-sent"],
  );
  const then = attributesOf(good!);
  assert.deepEqual(
    [then["skein.worker"], then["http.request.resend_count"], then["http.response.status_code"]],
    ["w-2", "1", "200"],
  );
  const failedConnect = collector.spans.find(({ parentSpanId }) => parentSpanId === bad.spanId);
  assert.deepEqual([failedConnect?.name, failedConnect?.status.code], ["connect", 2]);
  assert.ok(heads.some((head) => parentIn(head) === `00-${traceId}-${good?.spanId}-01`));
});

test("it waits for a worker: the time in the queue is a span", async (context) => {
  const on = await stage(context, { maxInFlight: 1 });
  const held: TestPeer[] = [];
  for (const worker of [on.first, on.second]) {
    worker.onConnection = (peer) => peer.socket.on("data", () => void held.push(peer));
  }
  const others = [await on.client(), await on.client()];
  for (const other of others) other.send(get(`traceparent: 00-${traceId}-${callerId}-00\r\n`));
  await until(() => held.length === 2, "both workers busy");
  on.me.send(get(sampled));
  await until(() => on.proxy.pool("web").line.length === 1, "the wait");
  held[0]!.send(ok);
  await until(() => held.length === 3, "its turn");
  held[2]!.send(ok);
  await on.me.message();
  await until(() => byName(on.collector.spans, "queue").length === 1, "the span");
  assertTree(on.collector.spans, [callerId]);
  const [queue] = byName(on.collector.spans, "queue");
  const [client] = byName(on.collector.spans, "GET");
  assert.ok(BigInt(queue!.endTimeUnixNano) <= BigInt(client!.startTimeUnixNano));
  assert.ok(BigInt(queue!.endTimeUnixNano) > BigInt(queue!.startTimeUnixNano));
  held[1]!.send(ok);
});

test("no worker answers: the gateway's own answer is the fault", async (context) => {
  const { me, collector, table } = await stage(context);
  table({ routes: [], proxy: { traces: collector.settings() } });
  me.send(get(sampled));
  await me.message();
  await until(() => collector.spans.length === 1, "the span");
  const [server] = collector.spans;
  assert.equal(server?.name, "GET");
  assert.deepEqual([attributesOf(server)["skein.code"], server?.status], ["no-route", {}]);
});

test("a hedge: both tries are told, the loser did not fail", async (context) => {
  const on = await stage(context, { hedge: true, traces: { share: 0 } });
  const held: TestPeer[] = [];
  let quick = true;
  for (const worker of [on.first, on.second]) {
    worker.onConnection = (peer) =>
      peer.socket.on("data", () => {
        if (!quick) return void held.push(peer);
        peer.received = "";
        peer.send(ok);
      });
  }
  const quickOnes = 40;
  for (let sent = 0; sent < quickOnes; sent += 1) {
    on.me.send(get());
    await on.me.message();
  }
  quick = false;
  on.me.send(get(sampled));
  await until(() => held.length === 2, "the second try");
  held[1]!.send(ok);
  await on.me.message();
  await until(() => byName(on.collector.spans, "GET").length === 2, "both tries");
  assertTree(on.collector.spans, [callerId]);
  const tries = byName(on.collector.spans, "GET");
  assert.deepEqual(
    new Map(tries.map((span) => [attributesOf(span)["skein.outcome"], span.status.code])),
    new Map([
      ["overtaken", undefined],
      ["answered", undefined],
    ]),
  );
  const told = held.map(({ received }) => readTraceparent(parentIn(received) ?? "")?.parentId);
  assert.deepEqual(new Set(told), new Set(tries.map(({ spanId }) => spanId)));
});

test("over a link the worker is told the try as well", async (context) => {
  const on = await stage(context);
  const linked = await new TestLinkWorker().listen();
  context.after(() => linked.close());
  on.table({
    workers: [testWorkerRow(on.first.port, { link: linked.address })],
    proxy: { traces: on.collector.settings() },
  });
  const heads: string[] = [];
  const link = linked.link();
  on.me.send(get());
  await on.me.message();
  (await link).onRequest = (stream) => {
    heads.push(stream.head);
    stream.answer(ok);
  };
  await until(() => on.proxy.statistics.links.open === 1, "the link");
  on.me.send(get(sampled));
  await on.me.message();
  const ofLink = (): WireSpan | undefined =>
    byName(on.collector.spans, "GET").find((span) => attributesOf(span)["skein.way"] === "link");
  await until(() => ofLink() !== undefined, "the span");
  assert.equal(parentIn(heads[0] ?? ""), `00-${traceId}-${ofLink()?.spanId}-01`);
});
