import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { TLSSocket } from "node:tls";
import { noOpenssl } from "../../../test/certificates.ts";
import { connectTo, type TestPeer, until } from "../testing/testing-peers.ts";
import { fastClock } from "../testing/testing-proxy.ts";
import {
  secureReception,
  SlowLine,
  startTlsProxy,
  type TlsPeer,
  type TlsTestProxy,
} from "../testing/testing-tls.ts";

const skip = noOpenssl;
const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const total = 64 * 1024 * 1024;

async function asked(
  { shake, worker1 }: TlsTestProxy,
  request = get,
): Promise<{ me: TlsPeer; worker: TestPeer }> {
  const me = await shake();
  me.send(request);
  const worker = await worker1.connection();
  await worker.head();
  return { me, worker };
}

/** Writes until the whole is sent or nobody takes more; goes on when there is room again. */
function pump(to: TestPeer): { sent(): number } {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  const more = (): void => {
    while (sent < total) {
      sent += chunk.length;
      if (!to.socket.write(chunk)) return;
    }
  };
  to.socket.on("drain", more);
  more();
  return { sent: () => sent };
}

async function heldUp(from: TestPeer, writing: { sent(): number }): Promise<void> {
  let last = -1;
  await until(() => {
    const stuck = writing.sent() === last;
    last = writing.sent();
    return stuck && from.socket.writableLength > 0;
  }, "the writer to be held up");
}

test(
  "a client that does not read stops the worker; it gets the whole when it reads",
  { skip },
  async (context) => {
    const { me, worker } = await asked(await startTlsProxy(context));
    me.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const writing = pump(worker);
    await heldUp(worker, writing);
    assert.ok(writing.sent() < total / 2, `${writing.sent()} bytes went somewhere`);
    const held = process.memoryUsage().arrayBuffers - before;
    assert.ok(held < 16 * 1024 * 1024, `${held} bytes are held`);
    me.keepText = false;
    me.received = "";
    me.socket.resume();
    await until(() => me.receivedBytes > total, "the whole answer", 60_000);
  },
);

test(
  "a worker that does not read stops the client's upload; it gets the whole when it reads",
  { skip },
  async (context) => {
    const { shake, worker1 } = await startTlsProxy(context);
    worker1.onConnection = (peer) => peer.socket.pause();
    const me = await shake();
    me.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${total}\r\n\r\n`);
    const writing = pump(me);
    await heldUp(me, writing);
    assert.ok(writing.sent() < total / 2, `${writing.sent()} bytes went somewhere`);
    const worker = await worker1.connection();
    worker.keepText = false;
    worker.socket.resume();
    await until(() => worker.receivedBytes > total, "the whole body", 60_000);
    worker.send("HTTP/1.1 204 No Content\r\n\r\n");
    assert.match(await me.head(), /^HTTP\/1\.1 204/);
  },
);

test(
  "an upload whose worker stops reading again and again arrives as it was sent",
  { skip },
  async (context) => {
    const { me, worker } = await asked(
      await startTlsProxy(context),
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${8 * 1024 * 1024}\r\n\r\n`,
    );
    const bytes = randomBytes(8 * 1024 * 1024);
    const digest = createHash("sha256");
    let got = 0;
    worker.keepText = false;
    worker.socket.on("data", (chunk: Buffer) => {
      digest.update(chunk);
      got += chunk.length;
      worker.socket.pause();
      setImmediate(() => worker.socket.resume());
    });
    // Records that are full, and such that are not.
    for (let at = 0, piece = 1; at < bytes.length; at += piece, piece = (piece * 7) % 300_007) {
      me.send(bytes.subarray(at, at + piece));
    }
    await until(() => got === bytes.length, "the whole body", 60_000);
    assert.equal(digest.digest("hex"), createHash("sha256").update(bytes).digest("hex"));
  },
);

test("what is uploaded arrives as it was sent, and so does what is answered", { skip }, async (context) => {
  const test = await startTlsProxy(context);
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31 + (at >> 8)) & 255));
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const { me, worker } = await asked(test, head);
  me.send(bytes);
  await until(() => worker.received.length >= bytes.length, "the body");
  assert.ok(Buffer.from(worker.received, "latin1").equals(bytes));
  worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await me.head();
  worker.send(`${bytes.length.toString(16)}\r\n`);
  worker.send(bytes);
  worker.send("\r\n0\r\n\r\n");
  const size = bytes.length;
  await until(() => me.received.endsWith("0\r\n\r\n"), "the answer");
  const body = Buffer.from(me.received, "latin1");
  let whole = Buffer.alloc(0);
  for (let at = 0; whole.length < size;) {
    const end = body.indexOf("\r\n", at);
    const length = Number.parseInt(body.toString("latin1", at, end), 16);
    whole = Buffer.concat([whole, body.subarray(end + 2, end + 2 + length)]);
    at = end + 2 + length + 2;
  }
  assert.ok(whole.equals(bytes));
});

test(
  "a client that goes, with an end or with a reset: the worker's request is cancelled",
  { skip },
  async (context) => {
    const test = await startTlsProxy(context);
    for (const leave of [(me: TlsPeer) => me.close(), (me: TlsPeer) => me.socket.end()]) {
      const { me, worker } = await asked(test);
      leave(me);
      await worker.gone();
    }
    const { me, worker } = await asked(test);
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbeginning");
    await me.take("beginning");
    me.close();
    await worker.gone();
    await until(() => test.proxy.report().connections.open === 0, "every connection to be gone");
    assert.equal(test.proxy.report().services["web"]?.inFlight, 0);
  },
);

test(
  "a worker lost amid its answer: the client sees a break, never an end that was meant",
  { skip },
  async (context) => {
    const { me, worker } = await asked(await startTlsProxy(context));
    worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
    await me.take("part\r\n");
    worker.reset();
    await until(() => me.closed, "the end");
    assert.equal(me.error?.code, "ECONNRESET");
  },
);

test("a websocket over TLS is a tunnel both ways", { skip }, async (context) => {
  const ask =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
  const { me, worker } = await asked(await startTlsProxy(context), ask);
  worker.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst");
  assert.match(await me.head(), /^HTTP\/1\.1 101 /);
  await me.take("first");
  me.send("\0to the worker");
  assert.equal(await worker.take("worker"), "\0to the worker");
  me.send("last words");
  me.socket.end();
  await worker.take("last words");
  await worker.gone();
});

test("handshakes that do not go on end in time, whatever they have begun with", { skip }, async (context) => {
  const test = await startTlsProxy(context, undefined, { timeouts: { handshakeMs: 10_000 } }, fastClock(50));
  const silent = await connectTo(test.securePort);
  const begun = await connectTo(test.securePort);
  begun.send(Buffer.from([22, 3, 1, 2, 0, 1]));
  const stuck = await connectTo(test.securePort);
  // A whole hello, and then nothing more: the library waits for the client's next message.
  const { connect } = await import("node:tls");
  const { duplexPair } = await import("node:stream");
  const [near, far] = duplexPair();
  connect({ socket: near, servername: "localhost", rejectUnauthorized: false }).on("error", () => {});
  const [hello] = (await once(far, "data")) as [Buffer];
  stuck.send(hello);
  await until(() => stuck.receivedBytes > 0, "the answer to the hello");
  assert.equal(test.proxy.report().tls?.pending, 3);
  await until(() => silent.closed && begun.closed && stuck.closed, "all three to be closed");
  await until(() => test.proxy.report().connections.open === 0, "none to be left");
  const { tls } = test.proxy.report();
  assert.deepEqual([tls?.pending, tls?.failed], [0, { timeout: 3 }]);
});

for (const limit of ["connectionsMax", "connectionsPerAddressMax"]) {
  test(`a connection too many is not worth a handshake: ${limit}`, { skip }, async (context) => {
    const test = await startTlsProxy(context, undefined, { limits: { [limit]: 1 } });
    const first = await test.shake();
    const second = await connectTo(test.securePort);
    await until(() => second.closed, "the refusal");
    assert.equal(second.receivedBytes, 0);
    const { connections, tls } = test.proxy.report();
    assert.deepEqual([connections.refused, connections.open, tls?.handshakes], [1, 1, 1]);
    first.close();
    await until(() => test.proxy.report().connections.open === 0, "room");
    await test.shake();
  });
}

test("a client that takes nothing of its answer is cut", { skip }, async (context) => {
  const parts = { timeouts: { stalledClientMs: 2_000 } };
  const test = await startTlsProxy(context, undefined, parts, fastClock(4));
  const { me, worker } = await asked(test);
  me.socket.pause();
  worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
  pump(worker);
  await worker.gone();
  await until(() => test.proxy.report().connections.open === 0, "the client to be cut");
});

test(
  "a drain: what is in flight is answered, idle connections end, a handshake may still ask",
  { skip },
  async (context) => {
    const test = await startTlsProxy(context);
    const idle = await test.shake();
    const { me, worker } = await asked(test);
    const late = await connectTo(test.securePort);
    await until(() => test.proxy.report().tls?.pending === 1, "a handshake that is under way");
    const drained = test.proxy.drain(30_000);
    await idle.gone();
    assert.equal(idle.error, undefined, "a proper end of TLS");
    const { connect } = await import("node:tls");
    const client = connect({ socket: late.socket, servername: "localhost", ca: test.authority.caText });
    await once(client, "secureConnect");
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const answer = await me.message();
    assert.match(answer.head, /Connection: close\r\n/);
    assert.equal(answer.body, "ok");
    client.write(get);
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
    const [last] = (await once(client, "data")) as [Buffer];
    assert.match(last.toString(), /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*late$/);
    await drained;
  },
);

test(
  "Strict-Transport-Security on every answer over TLS, the worker's own where it gives one",
  { skip },
  async (context) => {
    const test = await startTlsProxy(context, (authority) =>
      secureReception([authority.issue(["localhost"])], { strictTransport: "max-age=60" }),
    );
    const me = await test.shake();
    me.send(get);
    const worker = await test.worker1.connection();
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert.match((await me.message()).head, /\r\nStrict-Transport-Security: max-age=60\r\n/);
    me.send(get);
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nstrict-transport-security: max-age=1\r\nContent-Length: 0\r\n\r\n");
    const own = (await me.message()).head;
    assert.deepEqual(own.match(/strict-transport-security: \S+/gi), ["strict-transport-security: max-age=1"]);
    me.send("BAD\r\n\r\n");
    assert.match((await me.message()).head, /^HTTP\/1\.1 400 [^]*Strict-Transport-Security: max-age=60\r\n/);
    const plain = await test.client();
    plain.send(get);
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert.doesNotMatch((await plain.message()).head, /strict-transport-security/i);
  },
);

test(
  "a body whose records take longer than a look at its pace is not given up",
  { skip },
  async (context) => {
    const looks = context.mock.method(TLSSocket.prototype, "setKeepAlive");
    const test = await startTlsProxy(context, undefined, {
      timeouts: { stalledClientMs: 300 },
      limits: { bodyBytesPerSecondMin: 100 },
    });
    const { worker1 } = test;
    const line = await SlowLine.shake(context, test);
    const { me } = line;
    const body = Buffer.alloc(16_384, "x");
    me.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`);
    const worker = await worker1.connection();
    await worker.head();
    line.hold();
    me.send(body);
    await until(() => line.held > body.length, "the record");
    await until(() => {
      if (line.held > 100) line.pass(5);
      return looks.mock.callCount() >= 2 || me.received !== "";
    }, "two looks");
    assert.equal(worker.received, "");
    line.pass();
    await until(() => worker.received.length === body.length || me.received !== "", "all of the body");
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert.match((await me.message()).head, /^HTTP\/1\.1 200 /);
  },
);
