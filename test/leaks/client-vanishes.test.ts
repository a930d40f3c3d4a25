import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { systemClock } from "../../src/runtime/clock.ts";
import { type TestPeer, until } from "../../src/proxy/testing/testing-peers.ts";
import { overEach, proxyBefore, type Transport } from "./transports.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const rounds = 20;
/** What is promised. Of the slowest a test fails only far above it, for the machine may be busy. */
const promisedMs = 100;
const failsAboveMs = 20 * promisedMs;

interface Stage {
  request: string;
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Resolves when the stage is reached. */
  reached: (me: TestPeer, at: { handler: number }) => Promise<void>;
}

const inHandler: Stage["reached"] = (_me, at) => until(() => at.handler > 0, "the handler");

const stages: Record<string, Stage> = {
  "before the answer": { request: get, handler() {}, reached: inHandler },
  "after some of the answer": {
    request: get,
    handler: (_request, response) => void response.write("part"),
    reached: async (me) => void (await me.take("part")),
  },
  "amid its own upload": {
    request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart",
    handler: (request) => void request.resume(),
    reached: inHandler,
  },
  "amid its upload, which the worker does not read": {
    request: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
    handler() {},
    reached: inHandler,
  },
  "with both ways open": {
    request: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
    handler: (request, response) => void request.pipe(response),
    reached: async (me) => void (await me.take("part")),
  },
  "before it sent what it expects to be asked for": {
    request: "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
    handler: (request) => void request.resume(),
    reached: async (me) => void (await me.take("100 Continue")),
  },
};

/** Milliseconds from the client's end until the worker's handler saw that its answer is wanted no more. */
async function vanish(context: TestContext, transport: Transport, stage: Stage): Promise<number[]> {
  const at = { handler: 0, closed: 0 };
  const { client, proxy } = await proxyBefore(context, transport, (request, response) => {
    at.handler = systemClock.now();
    request.on("error", () => {});
    response.on("close", () => (at.closed = systemClock.now()));
    stage.handler(request, response);
  });
  const tookMs: number[] = [];
  while (tookMs.length < rounds) {
    at.handler = 0;
    at.closed = 0;
    const me = await client();
    me.send(stage.request);
    await stage.reached(me, at);
    const wentAt = systemClock.now();
    if (tookMs.length % 2 === 0) me.close();
    else me.reset();
    await until(() => at.closed > 0, "the worker's side is closed");
    tookMs.push(at.closed - wentAt);
  }
  await until(() => proxy.report().connections.open === 0, "no client is left");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
  return tookMs;
}

for (const [when, stage] of Object.entries(stages)) {
  overEach(`a client vanishes ${when}: the worker's side is closed at once`, async (context, transport) => {
    const tookMs = await vanish(context, transport, stage);
    const sorted = tookMs.toSorted((one, other) => one - other);
    const medianMs = sorted[rounds / 2] ?? Infinity;
    const slowestMs = sorted.at(-1) ?? Infinity;
    context.diagnostic(`median of ${rounds}: ${medianMs.toFixed(1)} ms, slowest: ${slowestMs.toFixed(1)} ms`);
    assert.ok(medianMs <= promisedMs, `median: ${medianMs} ms`);
    assert.ok(slowestMs < failsAboveMs, `slowest: ${slowestMs} ms`);
  });
}

overEach(
  "a client vanishes after the answer: the worker's connection stays in use",
  async (context, transport) => {
    const { client, proxy, served } = await proxyBefore(context, transport, (_request, response) => {
      response.end("ok");
    });
    for (let round = 0; round < rounds; round += 1) {
      const me = await client();
      me.send(get);
      assert.equal((await me.message()).body, "ok");
      me.reset();
      await until(() => proxy.report().connections.open === 0, "gone");
    }
    assert.equal(served.connections(), 1);
  },
);
