/** WebSocket from end to end: a client and a server of `ws`, with the gateway between them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing-proxy.ts";
import { testWorkerRow } from "../../src/proxy/testing-table.ts";
import { until } from "../../src/proxy/testing-peers.ts";

const mebibyte = 1024 * 1024;

interface Pair {
  client: WebSocket;
  server: WebSocket;
}

interface Scene extends TestProxy {
  connect: (protocols?: string[], options?: { perMessageDeflate?: boolean }) => Promise<Pair>;
  url: string;
}

async function scene(context: TestContext, options: ServerOptions = {}): Promise<Scene> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, ...options });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const proxy = await startTestProxy(context);
  proxy.table({ workers: [testWorkerRow((http.address() as AddressInfo).port)] });
  context.after(() => {
    for (const one of sockets.clients) one.terminate();
    http.close();
  });
  const url = `ws://127.0.0.1:${proxy.port}/socket`;
  return {
    ...proxy,
    url,
    connect: async (protocols = [], { perMessageDeflate = false } = {}) => {
      const accepted = once(sockets, "connection");
      const client = new WebSocket(url, protocols, { perMessageDeflate });
      context.after(() => client.terminate());
      await once(client, "open");
      const [server] = (await accepted) as [WebSocket];
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

test("messages of every length of frame, both ways", async (context) => {
  const pair = await (await scene(context)).connect();
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

test("a message in fragments, with pings between them", async (context) => {
  const pair = await (await scene(context)).connect();
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

test("ping and pong carry their bytes both ways", async (context) => {
  const pair = await (await scene(context)).connect();
  for (const { from, to } of bothWays(pair)) {
    const payload = randomBytes(125);
    const [pinged, ponged] = [once(to, "ping"), once(from, "pong")];
    from.ping(payload);
    assert.ok(((await pinged) as [Buffer])[0].equals(payload));
    assert.ok(((await ponged) as [Buffer])[0].equals(payload));
  }
});

test("close codes and reasons, from either end", async (context) => {
  const { connect } = await scene(context);
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

test("the last message before a close arrives", async (context) => {
  const { connect } = await scene(context);
  for (const index of [0, 1]) {
    const { from, to } = bothWays(await connect())[index]!;
    const [received, closed] = [message(to), closing(to)];
    from.send(Buffer.alloc(mebibyte, "x"));
    from.close(1000);
    assert.equal((await received).data.length, mebibyte);
    assert.equal((await closed).code, 1000);
  }
});

test("an end without a word is seen at the other end, and leaves nothing behind", async (context) => {
  const { connect, proxy } = await scene(context);
  for (const index of [0, 1]) {
    const { from, to } = bothWays(await connect())[index]!;
    const closed = closing(to);
    from.terminate();
    assert.equal((await closed).code, 1006);
  }
  await until(() => proxy.report().connections.open === 0, "both connections are gone");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});

test("permessage-deflate is between the two ends", async (context) => {
  const { connect } = await scene(context, { perMessageDeflate: { threshold: 0 } });
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

test("the subprotocol is what the server chose", async (context) => {
  const { connect } = await scene(context, { handleProtocols: () => "second" });
  const { client, server } = await connect(["first", "second"]);
  assert.equal(client.protocol, "second");
  assert.equal(server.protocol, "second");
});

test("a server that refuses says so by an ordinary answer", async (context) => {
  const { url } = await scene(context, { verifyClient: (_info, done) => done(false, 401, "who are you") });
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

test("a frame that breaks the protocol: the server's word for it reaches the client", async (context) => {
  const { connect } = await scene(context);
  const { client, server } = await connect();
  server.on("error", () => {});
  const closed = closing(client);
  // Clients must mask; and opcode 3 does not exist.
  (client as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from([0x83, 0x00]));
  assert.equal((await closed).code, 1002);
});

test("many messages both ways at once arrive whole and in order", { timeout: 60_000 }, async (context) => {
  const pair = await (await scene(context)).connect();
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

test("many sockets at once do not hear each other", async (context) => {
  const { connect, proxy } = await scene(context);
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
