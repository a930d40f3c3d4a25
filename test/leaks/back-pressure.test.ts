import assert from "node:assert/strict";
import type { Writable } from "node:stream";
import { collectGarbage } from "../../src/proxy/testing/testing-garbage.ts";
import { type TestPeer, until } from "../../src/proxy/testing/testing-peers.ts";
import { overEach, proxyBefore } from "./transports.ts";

const total = 96 * 1024 * 1024;
const chunk = Buffer.alloc(256 * 1024, "x");
/** In the buffers of this process, which holds client, proxy and worker. */
const heldMax = 16 * 1024 * 1024;
const ok = "GET /other HTTP/1.1\r\nHost: x\r\n\r\n";

/** Writes `total` bytes as fast as they are taken; what was handed over so far. */
function pump(to: Writable): { sent: number } {
  const progress = { sent: 0 };
  const more = (): void => {
    while (progress.sent < total) {
      progress.sent += chunk.length;
      if (!to.write(chunk)) return;
    }
  };
  to.on("drain", more);
  more();
  return progress;
}

/** Resolves when it gets no further. */
async function heldUp(progress: () => number): Promise<void> {
  let last = -1;
  let turns = 0;
  await until(() => {
    turns = progress() === last ? turns + 1 : 0;
    last = progress();
    return turns > 50 && last > 0;
  }, "no progress any more");
  assert.ok(last < total / 2, `${last} bytes went somewhere`);
}

async function heldBytes(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function anotherIsServed(me: TestPeer): Promise<void> {
  me.send(ok);
  assert.equal((await me.message()).body, "other");
}

overEach(
  "a worker that sends faster than its client reads is held up, and nobody else is",
  async (context, transport) => {
    let progress = { sent: 0 };
    const { client } = await proxyBefore(context, transport, (request, response) => {
      if (request.url === "/other") return void response.end("other");
      response.writeHead(200, { "content-length": total });
      progress = pump(response);
    });
    const before = await heldBytes();
    const me = await client();
    me.keepText = false;
    me.socket.pause();
    me.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    await heldUp(() => progress.sent);
    await anotherIsServed(await client());
    const held = (await heldBytes()) - before;
    assert.ok(held < heldMax, `${held} bytes are held`);
    me.socket.resume();
    await until(() => me.receivedBytes > total, "the whole answer", 60_000);
  },
);

overEach(
  "a client that sends faster than its worker reads is held up, and nobody else is",
  async (context, transport) => {
    let received = 0;
    let read = (): void => {};
    const { client } = await proxyBefore(context, transport, (request, response) => {
      if (request.url === "/other") return void response.end("other");
      read = () => {
        request.on("data", (piece: Buffer) => (received += piece.length));
        request.on("end", () => response.end("took it"));
      };
    });
    const before = await heldBytes();
    const me = await client();
    me.send(`POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`);
    const progress = pump(me.socket);
    await heldUp(() => progress.sent);
    await anotherIsServed(await client());
    const held = (await heldBytes()) - before;
    assert.ok(held < heldMax, `${held} bytes are held`);
    read();
    assert.equal((await me.message()).body, "took it");
    assert.equal(received, total);
  },
);

overEach(
  "a worker that has begun to answer, and then neither reads nor speaks, does not keep its client",
  async (context, transport) => {
    const { client, proxy } = await proxyBefore(
      context,
      transport,
      (request, response) => {
        if (request.url === "/other") response.end("other");
        else response.write("part");
      },
      { timeouts: { stalledClientMs: 200 } },
    );
    const me = await client();
    me.send(`POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`);
    await me.take("part");
    pump(me.socket);
    await until(() => me.closed, "cut off");
    await until(() => proxy.report().connections.open === 0, "nothing is left");
    assert.equal(proxy.report().services["web"]?.inFlight, 0);
    await anotherIsServed(await client());
  },
);
