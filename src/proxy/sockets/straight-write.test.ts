import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Outlet } from "./outlet.ts";
import { type NodesWay, StraightWrite } from "./straight-write.ts";
import { TestPeer, until } from "../testing/testing-peers.ts";

interface TestContext {
  after(fn: () => void): void;
}

/** Both ends of a connection. The far end reads nothing before it is told to. */
async function connection(context: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [[Socket], []];
  near.on("error", () => {});
  far.on("error", () => {});
  context.after(() => {
    server.close();
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

/** The way of this Node, seen from one write. */
async function learntWay(context: TestContext): Promise<NodesWay> {
  const { near } = await connection(context);
  const way: NodesWay = { seen: "not yet" };
  assert.equal(new StraightWrite(near, undefined, way).text("x"), false, "watched first");
  near.write("x", "latin1");
  assert.notEqual(way.seen, "not yet");
  return way;
}

/** Lines with numbers, so that a lost, doubled or displaced one shows. */
function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, at) => `line ${from + at}\n`).join("");
}

test("on this Node the straight way is open, or closed as on the older ones", async (context) => {
  const way = await learntWay(context);
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 26) assert.equal(way.seen, "with request");
  if (major > 26 || (major === 26 && minor >= 10)) assert.equal(way.seen, "without request");
});

test("what goes straight and what goes through the stream arrives whole and in order", async (context) => {
  const { near, far } = await connection(context);
  const peer = new TestPeer(far);
  const outlet = new Outlet(near);
  let text = "";
  for (let turn = 0; turn < 200; turn += 1) {
    const part = lines(turn * 10, 10);
    text += part;
    // Every fifth is too long to be joined to text, or for one block; and one goes through the stream.
    if (turn % 50 === 49) {
      near.write(part, "latin1");
    } else if (turn % 5 === 0) {
      const long = "y".repeat(turn % 2 === 0 ? 10_000 : 200_000);
      text += long;
      outlet.text(part);
      outlet.bytes(Buffer.from(long), 0, long.length);
    } else outlet.text(part);
    outlet.flush();
  }
  far.resume();
  await until(() => peer.received.length >= text.length, "all of it");
  assert.equal(peer.received, text);
  assert.equal(outlet.unsent, 0);
});

test("a peer that reads nothing: what the kernel does not take is told of, and follows in order", async (context) => {
  const { near, far } = await connection(context);
  const peer = new TestPeer(far);
  const outlet = new Outlet(near);
  let drained = 0;
  near.on("drain", () => (drained += 1));
  let text = "";
  let taken = true;
  for (let turn = 0; taken; turn += 1) {
    assert.ok(turn < 20_000, "the kernel takes no end of bytes");
    const part = lines(turn * 1_000, 1_000);
    text += part;
    outlet.text(part);
    taken = outlet.flush();
  }
  assert.ok(outlet.unsent > 0);
  // More may follow all the same; and an end.
  for (const part of [lines(0, 3), lines(7, 2_000)]) {
    text += part;
    outlet.text(part);
    assert.equal(outlet.flush(), false);
  }
  near.end();
  assert.equal(drained, 0);
  far.resume();
  await until(() => peer.ended, "the end");
  assert.equal(peer.received.length, text.length);
  assert.ok(peer.received === text, "the bytes are others");
  assert.equal(outlet.unsent, 0);
});

test("room again is told by `drain`, once", async (context) => {
  const { near, far } = await connection(context);
  const outlet = new Outlet(near);
  outlet.text("first");
  outlet.flush();
  let drained = 0;
  near.on("drain", () => (drained += 1));
  while (outlet.flush()) outlet.text("z".repeat(30_000));
  far.resume();
  await until(() => drained > 0, "drain");
  assert.equal(outlet.unsent, 0);
  assert.ok(outlet.flush());
  assert.equal(drained, 1);
});

test("a reset peer is an error of the socket, and its end", async (context) => {
  const { near, far } = await connection(context);
  const outlet = new Outlet(near);
  const errors: unknown[] = [];
  near.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code));
  near.pause();
  far.resetAndDestroy();
  while (!near.destroyed) {
    outlet.text("into nothing\r\n");
    outlet.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!near.closed) await once(near, "close");
  assert.ok(errors.length === 1 && ["EPIPE", "ECONNRESET"].includes(String(errors[0])), String(errors));
  outlet.text("more");
  outlet.flush();
});

test("a Node that writes with requests, and a socket of another kind, are left to the stream", async (context) => {
  const { near, far } = await connection(context);
  const peer = new TestPeer(far);
  far.resume();
  const old = new StraightWrite(near, undefined, { seen: "with request" });
  assert.equal(old.text("x"), false);
  class OtherSocket extends (near.constructor as typeof Socket) {}
  const other = new OtherSocket();
  context.after(() => other.destroy());
  assert.equal(new StraightWrite(other, undefined, { seen: "without request" }).text("x"), false);
  near.end("done", "latin1");
  await until(() => peer.ended, "the end");
  assert.equal(peer.received, "done");
});
