import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { client, join as joinCluster } from "skein";
import type { RequestReply } from "../../src/protocol/requests.ts";
import { TestCollector } from "../traces/collector.ts";
import { attributesOf, type WireSpan } from "../traces/otlp-definition.ts";
import { eventually, TestGateway } from "./harness.ts";

const secret = "Bearer only-the-collector-knows";
const callerId = "b7ad6b7169203331";
const traceOf = (number: number): string => number.toString(16).padStart(32, "a");

/** In this process; every request's headers are kept. */
async function server(context: TestContext, handle: RequestListener) {
  const seen: IncomingHttpHeaders[] = [];
  const made = createServer((request, response) => {
    seen.push(request.headers);
    handle(request, response);
  });
  made.listen(0, "127.0.0.1");
  await once(made, "listening");
  context.after(() => {
    made.close();
    made.closeAllConnections();
  });
  return { address: `127.0.0.1:${(made.address() as AddressInfo).port}`, seen, made };
}

function serverSpans(spans: readonly WireSpan[], traceId: string): WireSpan[] {
  return spans.filter((span) => span.kind === 2 && span.traceId === traceId);
}

function triesOf(spans: readonly WireSpan[], { spanId }: WireSpan): WireSpan[] {
  return spans.filter((span) => span.kind === 3 && span.parentSpanId === spanId);
}

const outcomeOf = (span: WireSpan): unknown => attributesOf(span)["skein.outcome"];

test("a trace through a gateway, a worker that fails, one that serves, and what that calls", async (context) => {
  const collector = await new TestCollector().listen(context);
  const failing = await server(context, (request) => void request.socket.resetAndDestroy());
  const stock = await server(context, (_, response) => void response.end("3 left"));
  const gateway = TestGateway.prepare(context, {
    configuration: {
      proxies: 1,
      accessLog: "access.log",
      services: {
        shop: { workers: [failing.address], check: false, policy: "round-robin" },
        stock: { workers: [stock.address], check: false },
      },
      routes: { "/": "shop", "/stock/*": { to: "stock", strip: "/stock" } },
      traces: {
        endpoint: collector.url,
        headersFile: "otlp.headers",
        share: 0,
        service: "edge",
        every: "10ms",
      },
    },
  });
  writeFileSync(join(gateway.directory, "otlp.headers"), `authorization: ${secret}\n`);
  gateway.up();
  await gateway.until("every process is ready", ({ children }) =>
    children.some(({ role, state }) => role === "proxy" && state === "ready"),
  );
  const toStock = client("stock", { gateways: [gateway.url], prefix: "/stock" });
  const shop = await server(context, (_, response) => {
    void toStock.fetch("/shoes").then(async (answer) => response.end(await answer.text()));
  });
  const member = await joinCluster(shop.made, "shop", { control: gateway.controlUrl, id: "good" });
  context.after(() => member.leave());

  // One after the other, until one has met both.
  let number = 0;
  const { traceId, root, requestId } = await eventually(
    async () => {
      number += 1;
      const mine = traceOf(number);
      const traceparent = `00-${mine}-${callerId}-01`;
      const answer = await fetch(`${gateway.url}/`, { headers: { traceparent, tracestate: "vendor=1" } });
      await answer.text();
      if (answer.status !== 200) return undefined;
      const [span] = await eventually(
        () => {
          const found = serverSpans(collector.spans, mine);
          return found.length === 2
            ? found.filter(({ parentSpanId }) => parentSpanId === callerId)
            : undefined;
        },
        () => `the spans of ${mine}; log:\n${gateway.log()}`,
      );
      const met = span === undefined ? [] : triesOf(collector.spans, span);
      if (span === undefined || met.length !== 2) return undefined;
      return { traceId: mine, root: span, requestId: answer.headers.get("x-request-id") ?? "" };
    },
    () => `a request with two tries; log:\n${gateway.log()}`,
  );

  const tries = triesOf(collector.spans, root);
  assert.deepEqual(tries.map(outcomeOf), ["reset", "answered"]);
  assert.deepEqual(
    tries.map(({ status }) => status.code),
    [2, undefined],
  );
  const [failed, served] = tries as [WireSpan, WireSpan];
  assert.ok(failing.seen.some(({ traceparent }) => traceparent === `00-${traceId}-${failed.spanId}-01`));
  assert.ok(
    shop.seen.some(
      ({ traceparent, tracestate }) =>
        traceparent === `00-${traceId}-${served.spanId}-01` && tracestate === "vendor=1",
    ),
  );
  // What the worker called on the way is a part of the try that served.
  const called = serverSpans(collector.spans, traceId).find(({ spanId }) => spanId !== root.spanId);
  assert.equal(called?.parentSpanId, served.spanId);
  const [last] = called === undefined ? [] : triesOf(collector.spans, called);
  assert.ok(stock.seen.some(({ traceparent }) => traceparent === `00-${traceId}-${last?.spanId}-01`));
  assertWithin(collector.spans.filter((span) => span.traceId === traceId));
  assert.deepEqual(collector.faults, []);

  await tellsTheTrace(gateway, requestId, traceId);
  await keepsTheSecret(gateway, collector);
});

function assertWithin(spans: readonly WireSpan[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  for (const { name, parentSpanId, startTimeUnixNano, endTimeUnixNano, kind } of spans) {
    assert.ok(BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano), name);
    const parent = byId.get(parentSpanId ?? "");
    // A server's own clock is not the caller's.
    if (parent === undefined || kind === 2) continue;
    assert.ok(BigInt(startTimeUnixNano) >= BigInt(parent.startTimeUnixNano), name);
    assert.ok(BigInt(endTimeUnixNano) <= BigInt(parent.endTimeUnixNano), name);
  }
}

/** The record of a request, the command that prints it, and the access log name its trace. */
async function tellsTheTrace(gateway: TestGateway, requestId: string, traceId: string): Promise<void> {
  const line = await eventually(
    () => {
      const log = readFileSync(join(gateway.directory, "access.log"), "utf8");
      return log.split("\n").find((one) => one.includes(`"requestId":"${requestId}"`));
    },
    () => "the request's line in the access log",
  );
  assert.equal((JSON.parse(line) as { traceId: string }).traceId, traceId);
  const traceparent = `00-${traceId}-${callerId}-00`;
  const nowhere = await fetch(`${gateway.url}/%00`, { headers: { traceparent } });
  assert.ok(nowhere.status >= 400);
  const refused = await fetch(`${gateway.url}/stock/a%2fb`, { headers: { traceparent } });
  const id = refused.headers.get("x-request-id") ?? "";
  const reply = await fetch(`${gateway.controlUrl}/v1/requests/${id}`);
  const { request } = (await reply.json()) as RequestReply;
  assert.equal(request.traceId, traceId);
  const [file = "", ...words] = gateway.command(["why", id, "--control", gateway.controlUrl]);
  const { stdout } = await promisify(execFile)(file, words);
  assert.ok(stdout.includes(`trace ${traceId}`), stdout);
}

/** The collector is told it, and nobody else: no answer, log or file of ours has it. */
async function keepsTheSecret(gateway: TestGateway, collector: TestCollector): Promise<void> {
  assert.ok(collector.offers.every(({ headers }) => headers.authorization === secret));
  const metrics = await eventually(
    async () => {
      const text = await (await fetch(`${gateway.controlUrl}/metrics`)).text();
      return /skein_trace_spans_total\{[^}]*outcome="delivered"\} [1-9]/.test(text) ? text : undefined;
    },
    () => "spans in the metrics",
  );
  const [file = "", ...words] = gateway.command([
    "config",
    "print",
    "--config",
    gateway.configFile,
    "--json",
  ]);
  const { stdout } = await promisify(execFile)(file, words);
  assert.match(stdout, /otlp\.headers/);
  for (const text of [metrics, stdout, gateway.log()]) assert.ok(!text.includes("only-the-collector-knows"));
}
