import assert from "node:assert/strict";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { type TestPeer, until } from "../../src/proxy/testing/testing-peers.ts";
import { overEach, proxyBefore, type ServedWorker, type Transport } from "./transports.ts";

const upload = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);

/** Sends for as long as the connection takes it. */
async function sendWithoutEnd(me: TestPeer): Promise<void> {
  while (!me.closed) {
    if (me.socket.write(chunk)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([once(me.socket, "drain"), once(me.socket, "close")]).catch(() => {});
  }
}

/** Whatever the transport: nothing of the request is left, and the next one is served. */
async function servesOn(
  test: Awaited<ReturnType<typeof proxyBefore>>,
  transport: Transport,
  worker: ServedWorker,
): Promise<void> {
  await until(() => test.proxy.report().connections.open === 0, "the client's connection is closed");
  assert.equal(test.proxy.report().services["web"]?.inFlight, 0);
  if (transport.ownConnections) await until(() => worker.connections() === 0, "the worker's, too");
  const next = await test.client();
  next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await next.take("early");
}

async function earlyAnswer(context: TestContext, transport: Transport, reads: boolean): Promise<void> {
  const test = await proxyBefore(context, transport, (request, response) => {
    request.on("error", () => {});
    if (reads) request.resume();
    response.writeHead(413).end("early");
  });
  const me = await test.client();
  me.send(upload);
  const sending = sendWithoutEnd(me);
  const head = await me.head();
  assert.match(head, /^HTTP\/1\.1 413 [^]*Connection: close/);
  await me.take("early");
  await sending;
  await servesOn(test, transport, test.served);
}

overEach(
  "an answer before the upload's end, of a worker that does not read it: both sides are let go",
  async (context, transport) => {
    await earlyAnswer(context, transport, false);
  },
);

overEach(
  "an answer before the upload's end, of a worker that reads on: both sides are let go",
  async (context, transport) => {
    await earlyAnswer(context, transport, true);
  },
);

overEach(
  "an answer before the upload's end, to a client that then sends nothing and stays",
  async (context, transport) => {
    const test = await proxyBefore(context, transport, (_request, response) => void response.end("early"));
    const me = await test.client("halfOpen");
    me.send(upload);
    await me.take("early");
    await servesOn(test, transport, test.served);
  },
);

overEach(
  "an answer that begins before the upload's end, and ends after it, is whole",
  async (context, transport) => {
    const test = await proxyBefore(context, transport, (request, response) => {
      response.write("early ");
      request.resume().on("end", () => response.end("late"));
    });
    const me = await test.client();
    me.send(upload);
    await me.take("early ");
    me.send("1\r\nx\r\n0\r\n\r\n");
    await me.take("late");
    await me.take("0\r\n\r\n");
    await servesOn(test, transport, test.served);
  },
);
