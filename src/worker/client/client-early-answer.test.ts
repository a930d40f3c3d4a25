import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import type { SkeinError } from "../../protocol/error.ts";
import { client, type ServiceClient } from "./client.ts";
import { problemOf } from "./testing-place.ts";
import { endless, waitingStreams } from "./testing-streams.ts";

/** A server that answers without waiting for the body of the request; `closed` resolves with its first connection. */
async function place(
  t: TestContext,
  listener: RequestListener,
): Promise<{ orders: ServiceClient; closed: Promise<void> }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  const closed = new Promise<void>((resolve) =>
    server.once("connection", (socket) => socket.on("error", () => {}).once("close", () => resolve())),
  );
  t.after(() => server.close().closeAllConnections());
  await once(server, "listening");
  return { orders: ordersAt(t, server.address() as AddressInfo), closed };
}

function ordersAt(t: TestContext, { port }: AddressInfo): ServiceClient {
  const orders = client("orders", { gateways: `127.0.0.1:${port}` });
  t.after(() => orders.close());
  return orders;
}

const queueFull = { code: "queue-full" };
const limits = { timeout: 30_000 };

for (const [what, body, gone] of waitingStreams()) {
  test(`a stream ${what} is let go when a gateway answers early that it has no room`, limits, async (t) => {
    const { orders, closed } = await place(t, problemOf(503, "queue-full"));
    await assert.rejects(orders.fetch("/", { method: "POST", body }), queueFull);
    await Promise.all([gone, closed]);
  });
}

test("an early answer that is whole ends a request that nobody reads any more", limits, async (t) => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    socket.once("data", () => {
      socket.pause();
      socket.write("HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\n\r\nlarge");
    });
  }).listen(0, "127.0.0.1");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, "listening");
  const orders = ordersAt(t, server.address() as AddressInfo);
  let ended: () => void = () => {};
  const over = new Promise<void>((resolve) => (ended = resolve));
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(64 * 1024);
    } finally {
      ended();
    }
  }
  const answer = await orders.fetch("/", { method: "POST", body: pieces() });
  assert.deepEqual([answer.status, await answer.text()], [413, "large"]);
  await over;
  const [socket] = sockets;
  socket?.resume();
  if (socket?.closed === false) await once(socket, "close");
  assert.equal(sockets.length, 1);
});

test("a stream that fails within the answer ends it, and is told as the cause", limits, async (t) => {
  const { orders, closed } = await place(t, (request, response) => {
    request.once("data", () => response.writeHead(200).write("so far"));
  });
  const mine = new Error("my disk is broken");
  const body = endless();
  body.push("begin");
  const answer = await orders.fetch("/", { method: "POST", body });
  body.destroy(mine);
  await assert.rejects(answer.text(), { code: "bad-answer", cause: mine });
  await closed;
});

const neverEnding: [string, RequestListener, (orders: ServiceClient) => Promise<unknown>][] = [
  [
    "a gateway's word of a problem",
    (_request, response) => {
      const reason = { "x-skein-reason": "queue-full", "content-length": 100 };
      response.writeHead(503, reason).write("{");
    },
    async (orders) => assert.rejects(orders.fetch("/"), queueFull),
  ],
  [
    "an answer that has none by its status",
    (_request, response) => void response.writeHead(205, { "content-length": 100 }).write("x"),
    async (orders) => assert.equal((await orders.fetch("/")).status, 205),
  ],
];
for (const [what, listener, ask] of neverEnding) {
  test(`${what} with a body that does not end does not hold its connection`, limits, async (t) => {
    const { orders, closed } = await place(t, listener);
    await ask(orders);
    await closed;
    assert.equal(orders.endpoints[0]?.inFlight, 0);
  });
}

test(
  "a request that is passed on while it comes can be answered when the other side will not have it",
  limits,
  async (t) => {
    const { orders } = await place(t, problemOf(503, "queue-full"));
    let wholes = 0;
    const service = createServer((request, response) => {
      if (request.method === "GET") return void response.end("the next");
      const push = request.push.bind(request);
      request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
        if (chunk === null) wholes += 1;
        return push(chunk, encoding);
      };
      orders.fetch("/", { method: "POST", body: request }).then(
        () => response.writeHead(500).end(),
        ({ code }: SkeinError) => {
          const from = request.socket.remoteAddress;
          response.writeHead(503).end(`${code} for ${from}`);
        },
      );
    }).listen(0, "127.0.0.1");
    t.after(() => service.close().closeAllConnections());
    await once(service, "listening");
    const caller = connect((service.address() as AddressInfo).port, "127.0.0.1");
    t.after(() => caller.destroy());
    caller.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nthe beginning");
    let text = "";
    caller.setEncoding("utf8").on("data", (chunk) => (text += chunk as string));
    const said = async (words: string): Promise<void> => {
      while (!text.includes(words)) await once(caller, "data");
    };
    await said("127.0.0.1");
    assert.match(text, /^HTTP\/1.1 503 [\s\S]*queue-full for 127\.0\.0\.1/);
    // What is left of it holds up nothing.
    caller.write(Buffer.alloc(1_000_000 - "the beginning".length));
    caller.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await said("the next");
    assert.equal(wholes, 1, "who waits for its end hears of it");
  },
);
