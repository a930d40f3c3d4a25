import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { test, type TestContext } from "node:test";
import { cancelCause, frameKind } from "../../link/link.ts";
import { type TestingClock, testingClock } from "../testing-clock.ts";
import { leftTunnelLimits } from "./left-tunnel.ts";
import { LinkDialer } from "./testing-dialer.ts";
import { head, listenerFor, listening, Log, turns } from "./testing-service.ts";

const { unreadMs } = leftTunnelLimits;

interface Tunnel {
  socket: Duplex;
  log: Log;
  clock: TestingClock;
  /** The proxy's word that the client is gone has come. */
  leave: (cause: number) => Promise<void>;
}

/** A tunnel whose service has read nothing of the bytes that its client has sent. */
async function tunnel(t: TestContext, bytes: number): Promise<Tunnel> {
  const log = new Log();
  const clock = testingClock();
  const sockets: Duplex[] = [];
  const server = createServer().on("upgrade", (_request, socket) => {
    sockets.push(socket);
    for (const event of ["end", "error", "close"]) socket.on(event, () => log.add(event));
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  });
  const dialer = await LinkDialer.dial(listenerFor(t, await listening(t, server), "requests", clock).address);
  t.after(() => dialer.close());
  const stream = dialer.request(head("GET /", "Connection: Upgrade", "Upgrade: echo"));
  await stream.until(() => stream.answer.includes("101"));
  stream.body(Buffer.alloc(bytes));
  const socket = sockets[0]!;
  t.after(() => socket.destroy());
  const leave = async (cause: number): Promise<void> => {
    stream.cancel(cause);
    dialer.write((frames) => frames.text(frameKind.ping, 0, 0, "12345678"));
    await dialer.until(() => dialer.pongs.length > 0);
  };
  return { socket, log, clock, leave };
}

test("what the client left is kept for a service that reads nothing for so long, and no longer", async (t) => {
  const { clock, log, leave } = await tunnel(t, 1);
  await leave(cancelCause.closed);
  clock.advance(unreadMs - 1);
  await turns();
  assert.deepEqual(log.entries, []);
  clock.advance(1);
  await log.until("close");
  assert.deepEqual(log.entries, ["close"]);
});

test("a service that reads slowly gets everything, and then the end", async (t) => {
  const bytes = 100_000;
  const { socket, clock, log, leave } = await tunnel(t, bytes);
  await leave(cancelCause.closed);
  let read = 0;
  while (read < bytes) {
    clock.advance(unreadMs - 1);
    read += (socket.read() as Buffer | null)?.length ?? 0;
    await turns();
  }
  await log.until("close");
  assert.deepEqual(log.entries, ["end", "close"]);
});

test("the end of a service's reading takes the watch with it", async (t) => {
  const { socket, clock, log, leave } = await tunnel(t, 1);
  await leave(cancelCause.closed);
  socket.resume();
  await log.until("close");
  clock.advance(unreadMs * 3);
  assert.deepEqual(log.entries, ["end", "close"]);
});

test("a tunnel whose client is cut off is closed at once, whatever is unread", async (t) => {
  const { log, leave } = await tunnel(t, 100_000);
  await leave(cancelCause.aborted);
  await log.until("close");
  assert.deepEqual(log.entries, ["close"]);
});
