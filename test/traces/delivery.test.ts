import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { CollectorReply } from "../../src/core/traces/delivery.ts";
import type { Span } from "../../src/core/traces/span.ts";
import type { TraceSettings } from "../../src/protocol/configuration.ts";
import { otlpEnvelope, otlpSpan } from "../../src/protocol/otlp.ts";
import { until } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { SpanPost } from "../../src/proxy/traces/post-spans.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { noOpenssl, TestAuthority } from "../certificates.ts";
import { TestCollector } from "./collector.ts";

const span: Span = {
  spanId: "b7ad6b7169203331",
  parentId: "",
  fromAfar: false,
  name: "GET",
  kind: "server",
  startMs: 0,
  endMs: 1,
  attributes: { a: "b" },
  events: [],
  failed: false,
};
const shared = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  traceState: "",
  flags: 1,
  startedAtMs: 1_790_000_000_000,
};
const { before, after } = otlpEnvelope({ "service.name": "shop" });
const body = before + otlpSpan(span, shared) + after;

async function posting(
  context: TestContext,
  changes: Partial<TraceSettings> = {},
  tls?: { cert: string; key: string },
): Promise<{ collector: TestCollector; post: () => Promise<CollectorReply> }> {
  const collector = await new TestCollector(tls).listen(context);
  const post = new SpanPost(collector.settings(changes), systemClock);
  context.after(() => {
    post.close();
    assert.deepEqual(collector.faults, []);
  });
  return { collector, post: () => post.post(body) };
}

function directory(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "skein-traces-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const taken: CollectorReply = { kind: "answered", status: 200, rejected: 0, message: "" };

test("what a collector gets: OTLP in JSON, compressed, of a trace that nobody records", async (context) => {
  const { collector, post } = await posting(context);
  assert.deepEqual(await post(), taken);
  const [{ path, headers } = { path: "", headers: {} }] = collector.offers;
  assert.equal(path, "POST /v1/traces");
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["content-encoding"], "gzip");
  assert.match(headers["traceparent"] as string, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.equal(collector.spans[0]?.spanId, span.spanId);
});

test("what a collector says", async (context) => {
  const { collector, post } = await posting(context);
  const partly = { partialSuccess: { rejectedSpans: "1", errorMessage: "too old" } };
  const strange = { partialSuccess: { rejectedSpans: "many", errorMessage: 5 } };
  collector.answers.push(
    { status: 200, body: JSON.stringify(partly) },
    { status: 200, body: JSON.stringify(strange) },
    { status: 200, body: "\u0000not JSON" },
    { status: 429, headers: { "retry-after": "7" } },
    { status: 503, headers: { "retry-after": "Thu, 01 Jan 2099 00:00:00 GMT" } },
    { status: 503, headers: { "retry-after": "soon" } },
    { status: 400, body: '{"code":3,"message":"bad"}' },
    { status: 307, headers: { location: "http://127.0.0.1:1/" } },
  );
  assert.deepEqual(await post(), { ...taken, rejected: 1, message: "too old" });
  assert.deepEqual(await post(), taken);
  assert.deepEqual(await post(), taken);
  assert.deepEqual(await post(), { ...taken, status: 429, retryAfterMs: 7_000 });
  const dated = await post();
  assert.ok(dated.kind === "answered" && (dated.retryAfterMs ?? 0) > 86_400_000);
  assert.deepEqual(await post(), { ...taken, status: 503 });
  assert.deepEqual(await post(), { ...taken, status: 400 });
  assert.deepEqual(await post(), { ...taken, status: 307 });
  assert.equal(collector.offers.length, 8);
});

test("a collector that says nothing is waited for no longer than the time that is set", async (context) => {
  const { collector, post } = await posting(context, { timeoutMs: 30 });
  collector.answers.push(undefined);
  assert.deepEqual(await post(), { kind: "lost", reason: "no answer in time" });
  assert.deepEqual(await post(), taken);
});

test("an answer without end is read to a bound", async (context) => {
  const { collector, post } = await posting(context);
  collector.answers.push({ status: 200, body: "x".repeat(1_000_000) });
  assert.deepEqual(await post(), taken);
  assert.deepEqual(await post(), taken);
});

test("nobody there", async (context) => {
  const { post } = await posting(context, { endpoint: "http://127.0.0.1:1/v1/traces" });
  assert.deepEqual(await post(), { kind: "lost", reason: "ECONNREFUSED" });
});

test("headers come from a file, as it is when a batch is sent", async (context) => {
  const headersFile = join(directory(context), "headers");
  const { collector, post } = await posting(context, { headersFile });
  assert.deepEqual(await post(), { kind: "lost", reason: "ENOENT" });
  writeFileSync(headersFile, "# of the collector\nAuthorization: Bearer one\r\n\nX-Scope: a\n");
  await post();
  writeFileSync(headersFile, "authorization: Bearer two\n");
  await post();
  assert.deepEqual(
    collector.offers.map(({ headers }) => [headers.authorization, headers["x-scope"]]),
    [
      ["Bearer one", "a"],
      ["Bearer two", undefined],
    ],
  );
});

for (const line of [
  "secret",
  "a b: secret",
  "Content-Length: secret",
  "host: secret",
  "a: secret\u0001",
  ": secret",
]) {
  test(`a file with the line ${JSON.stringify(line)} is complained of, and the line is not told`, async (context) => {
    const headersFile = join(directory(context), "headers");
    writeFileSync(headersFile, `x: 1\n${line}\n`);
    const { post } = await posting(context, { headersFile });
    const reply = await post();
    assert.ok(reply.kind === "lost");
    assert.match(reply.reason, /^line 2 of the file/);
    assert.doesNotMatch(reply.reason, /secret/);
  });
}

test("over TLS, to whom the authorities vouch for, and nobody else", { skip: noOpenssl }, async (context) => {
  const authority = new TestAuthority(context);
  const files = authority.issue(["127.0.0.1"]);
  const tls = { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
  const trusting = await posting(context, { caFile: authority.ca }, tls);
  assert.deepEqual(await trusting.post(), taken);
  assert.equal(trusting.collector.spans.length, 1);
  const careful = await posting(context, {}, tls);
  const refused = await careful.post();
  assert.ok(refused.kind === "lost");
  assert.match(refused.reason, /UNABLE_TO|SELF_SIGNED/);
  assert.equal(careful.collector.offers.length, 0);
});

test("one connection, one batch at a time; a collector that hangs holds up no request", async (context) => {
  const proxy = await startTestProxy(context);
  const collector = await new TestCollector().listen(context);
  const worker = await proxy.worker();
  worker.onConnection = (peer) =>
    peer.socket.on("data", () => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const traces = collector.settings({ batchMax: 2, queueMax: 20 });
  proxy.table({ workers: [testWorkerRow(worker.port)], proxy: { traces } });
  collector.answers.push(undefined);
  const me = await proxy.client();
  for (let sent = 0; sent < 50; sent += 1) {
    me.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert.match((await me.message()).head, /^HTTP\/1\.1 200/);
  }
  await until(() => collector.offers.length === 1, "the offer");
  assert.equal(collector.mostAtOnce, 1);
  const { dropped, delivered } = proxy.proxy.statistics.traces;
  assert.equal(delivered, 0);
  // The queue's 20, and the batch that is under way; what began below the bound is taken whole.
  assert.ok(dropped >= 50 - 20 && dropped < 50, `${dropped} dropped`);
});

test("a proxy that drains brings out its last spans", async (context) => {
  const proxy = await startTestProxy(context);
  const collector = await new TestCollector().listen(context);
  const worker = await proxy.worker();
  worker.onConnection = (peer) =>
    peer.socket.on("data", () => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const traces = collector.settings({ everyMs: 600_000 });
  proxy.table({ workers: [testWorkerRow(worker.port)], proxy: { traces } });
  const me = await proxy.client();
  me.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await me.message();
  me.close();
  await proxy.proxy.drain(1_000);
  assert.deepEqual(collector.spans.map(({ name }) => name).sort(), ["GET", "GET /", "connect"]);
  assert.equal(proxy.proxy.statistics.traces.delivered, 3);
});

test("another configuration: what was recorded under the former one still goes where that said", async (context) => {
  const proxy = await startTestProxy(context);
  const [former, next] = [
    await new TestCollector().listen(context),
    await new TestCollector().listen(context),
  ];
  const worker = await proxy.worker();
  worker.onConnection = (peer) =>
    peer.socket.on("data", () => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const workers = [testWorkerRow(worker.port)];
  const me = await proxy.client();
  for (const traces of [former.settings({ everyMs: 600_000 }), next.settings(), next.settings()]) {
    proxy.table({ workers, proxy: { traces } });
    me.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await me.message();
  }
  await until(() => former.spans.length === 3 && next.spans.length === 4, "the spans");
  proxy.table({ workers });
  assert.equal(proxy.proxy.tracer, undefined);
});
