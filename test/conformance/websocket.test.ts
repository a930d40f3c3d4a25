/**
 * WebSocket from end to end: a client and a server of `ws`, with the gateway between them, which reaches the server
 * by an HTTP/1.1 connection or by a link.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { listenerFor } from "../../src/worker/link/testing-service.ts";
import { until } from "../../src/proxy/testing/testing-peers.ts";

const mebibyte = 1024 * 1024;

interface Pair {
  client: WebSocket;
  server: WebSocket;
}

interface Scene extends TestProxy {
  connect: (protocols?: string[], options?: { perMessageDeflate?: boolean }) => Promise<Pair>;
  url: string;
}

const ways = ["HTTP/1.1", "link"] as const;
type Way = (typeof ways)[number];

/** One test for each way to the server. */
function overEach(title: string, run: (context: TestContext, way: Way) => Promise<void>): void {
  for (const way of ways) void test(`${title} (${way})`, async (context) => await run(context, way));
}

/** The worker's end of links, and the proxy's link to it. */
async function linked(context: TestContext, http: Server, proxy: TestProxy): Promise<void> {
  const listener = listenerFor(context, http);
  const { port } = http.address() as AddressInfo;
  proxy.table({ workers: [testWorkerRow(port, { link: listener.address })] });
  const first = await proxy.client();
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.message();
  first.close();
  await until(() => proxy.proxy.statistics.links.open === 1, "the link");
}

async function scene(context: TestContext, way: Way, options: ServerOptions = {}): Promise<Scene> {
  const http = createServer((_request, response) => response.end());
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, ...options });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const proxy = await startTestProxy(context);
  context.after(() => {
    for (const one of sockets.clients) one.terminate();
    http.close();
    http.closeAllConnections();
  });
  if (way === "link") await linked(context, http, proxy);
  else proxy.table({ workers: [testWorkerRow((http.address() as AddressInfo).port)] });
  const url = `ws://127.0.0.1:${proxy.port}/socket`;
  return {
    ...proxy,
    url,
    connect: async (protocols = [], { perMessageDeflate = false } = {}) => {
      const { links } = proxy.proxy.statistics;
      const before = links.requests;
      const accepted = once(sockets, "connection");
      const client = new WebSocket(url, protocols, { perMessageDeflate });
      context.after(() => client.terminate());
      await once(client, "open");
      const [server] = (await accepted) as [WebSocket];
      assert.equal(links.requests - before, way === "link" ? 1 : 0);
      return { client, server };
    },
  };
}

/** The next message: its bytes, and whether it was binary. */
async function message(of: WebSocket): Promise<{ data: Buffer; binary: boolean }> {
  const [data, binary] = (await once(of, "message")) as [Buffer, boolean];
  return { data, binary };
}

async function closing(of: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(of, "close")) as [number, Buffer];
  return { code, reason: reason.toString() };
}

/** Each end of a pair once as the sender. */
function bothWays({ client, server }: Pair): { from: WebSocket; to: WebSocket }[] {
  return [
    { from: client, to: server },
    { from: server, to: client },
  ];
}

overEach("messages of every length of frame, both ways", async (context, way) => {
  const pair = await (await scene(context, way)).connect();
  for (const { from, to } of bothWays(pair)) {
    for (const size of [0, 1, 125, 126, 127, 65_535, 65_536, 70_000, mebibyte, 3 * mebibyte + 1]) {
      const bytes = randomBytes(size);
      const received = message(to);
      from.send(bytes);
      const { data, binary } = await received;
      assert.ok(binary && data.equals(bytes), `${size} bytes`);
    }
    const received = message(to);
    from.send("grüße 🪿");
    assert.deepEqual(await received, { data: Buffer.from("grüße 🪿"), binary: false });
  }
});

overEach("a message in fragments, with pings between them", async (context, way) => {
  const pair = await (await scene(context, way)).connect();
  for (const { from, to } of bothWays(pair)) {
    const parts = Array.from({ length: 20 }, (_, index) => randomBytes(index * 997));
    const pongs: string[] = [];
    from.on("pong", (payload: Buffer) => pongs.push(payload.toString()));
    const received = message(to);
    for (const [index, part] of parts.entries()) {
      from.send(part, { binary: true, fin: index === parts.length - 1 });
      from.ping(String(index));
    }
    assert.ok((await received).data.equals(Buffer.concat(parts)));
    await until(() => pongs.length === parts.length, "every pong");
    assert.deepEqual(
      pongs,
      parts.map((_, index) => String(index)),
    );
  }
});

overEach("ping and pong carry their bytes both ways", async (context, way) => {
  const pair = await (await scene(context, way)).connect();
  for (const { from, to } of bothWays(pair)) {
    const payload = randomBytes(125);
    const [pinged, ponged] = [once(to, "ping"), once(from, "pong")];
    from.ping(payload);
    assert.ok(((await pinged) as [Buffer])[0].equals(payload));
    assert.ok(((await ponged) as [Buffer])[0].equals(payload));
  }
});

overEach("close codes and reasons, from either end", async (context, way) => {
  const { connect } = await scene(context, way);
  const reason = "r".repeat(123);
  for (const [code, said] of [
    [1000, "done"],
    [1001, ""],
    [1013, reason],
    [3000, ""],
    [4999, "own"],
  ] as const) {
    for (const index of [0, 1]) {
      const { from, to } = bothWays(await connect())[index]!;
      const both = Promise.all([closing(from), closing(to)]);
      from.close(code, said);
      assert.deepEqual(await both, [
        { code, reason: said },
        { code, reason: said },
      ]);
    }
  }
  const { client, server } = await connect();
  const without = closing(server);
  client.close();
  assert.equal((await without).code, 1005);
});

overEach("the last message before a close arrives", async (context, way) => {
  const { connect } = await scene(context, way);
  for (const index of [0, 1]) {
    const { from, to } = bothWays(await connect())[index]!;
    const [received, closed] = [message(to), closing(to)];
    from.send(Buffer.alloc(mebibyte, "x"));
    from.close(1000);
    assert.equal((await received).data.length, mebibyte);
    assert.equal((await closed).code, 1000);
  }
});

overEach(
  "an end without a word is seen at the other end, and leaves nothing behind",
  async (context, way) => {
    const { connect, proxy } = await scene(context, way);
    for (const index of [0, 1]) {
      const { from, to } = bothWays(await connect())[index]!;
      const closed = closing(to);
      from.terminate();
      assert.equal((await closed).code, 1006);
    }
    await until(() => proxy.report().connections.open === 0, "both connections are gone");
    assert.equal(proxy.report().services["web"]?.inFlight, 0);
  },
);

overEach("permessage-deflate is between the two ends", async (context, way) => {
  const { connect } = await scene(context, way, { perMessageDeflate: { threshold: 0 } });
  const pair = await connect([], { perMessageDeflate: true });
  assert.equal(pair.client.extensions, "permessage-deflate");
  assert.equal(pair.server.extensions, "permessage-deflate");
  for (const { from, to } of bothWays(pair)) {
    for (const bytes of [Buffer.alloc(mebibyte, "abc"), randomBytes(mebibyte), Buffer.alloc(0)]) {
      const received = message(to);
      from.send(bytes);
      assert.ok((await received).data.equals(bytes));
    }
  }
  const plain = await connect([], { perMessageDeflate: false });
  assert.equal(plain.server.extensions, "");
});

overEach("the subprotocol is what the server chose", async (context, way) => {
  const { connect } = await scene(context, way, { handleProtocols: () => "second" });
  const { client, server } = await connect(["first", "second"]);
  assert.equal(client.protocol, "second");
  assert.equal(server.protocol, "second");
});

overEach("a server that refuses says so by an ordinary answer", async (context, way) => {
  const { url } = await scene(context, way, {
    verifyClient: (_info, done) => done(false, 401, "who are you"),
  });
  const client = new WebSocket(url);
  const [, response] = (await once(client, "unexpected-response")) as [
    unknown,
    { statusCode: number; headers: object },
  ];
  assert.equal(response.statusCode, 401);
  assert.ok(!("x-skein-reason" in response.headers));
  client.on("error", () => {});
  client.terminate();
});

overEach(
  "a frame that breaks the protocol: the server's word for it reaches the client",
  async (context, way) => {
    const { connect } = await scene(context, way);
    const { client, server } = await connect();
    server.on("error", () => {});
    const closed = closing(client);
    // Clients must mask; and opcode 3 does not exist.
    (client as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.from([0x83, 0x00]),
    );
    assert.equal((await closed).code, 1002);
  },
);

overEach("many messages both ways at once arrive whole and in order", async (context, way) => {
  const pair = await (await scene(context, way)).connect();
  const count = 3000;
  const sizeOf = (index: number): number => (index % 100 === 0 ? 100_000 : (index * 37) % 700);
  const arrived = bothWays(pair).map(async ({ from, to }) => {
    let next = 0;
    const all = new Promise<void>((resolve) => {
      to.on("message", (data: Buffer) => {
        assert.equal(data.length, 4 + sizeOf(next));
        assert.equal(data.readUInt32BE(0), next);
        next += 1;
        if (next === count) resolve();
      });
    });
    for (let index = 0; index < count; index += 1) {
      const bytes = Buffer.alloc(4 + sizeOf(index), index);
      bytes.writeUInt32BE(index, 0);
      from.send(bytes);
    }
    await all;
  });
  await Promise.all(arrived);
});

overEach("many sockets at once do not hear each other", async (context, way) => {
  const { connect, proxy } = await scene(context, way);
  const pairs: Pair[] = [];
  for (let made = 0; made < 40; made += 1) pairs.push(await connect());
  assert.equal(proxy.report().services["web"]?.inFlight, pairs.length);
  const echoes = pairs.map(async ({ client, server }, index) => {
    server.on("message", (data: Buffer) => server.send(data));
    const received = message(client);
    client.send(`to ${index}`);
    return (await received).data.toString();
  });
  assert.deepEqual(
    await Promise.all(echoes),
    pairs.map((_, index) => `to ${index}`),
  );
  for (const { client } of pairs) client.terminate();
  await until(() => proxy.report().services["web"]?.inFlight === 0, "all are gone");
});
