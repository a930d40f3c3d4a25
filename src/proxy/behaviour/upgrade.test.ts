import assert from "node:assert/strict";
import { test } from "node:test";
import { endFlag, frameKind } from "../../link/link.ts";
import { get, ok, overLink } from "../testing/testing-linked.ts";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { fastClock, proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testRoute, testWorkerRow } from "../testing/testing-table.ts";

const ask = (protocol: string): string =>
  `GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: k\r\n\r\n`;
const accepted = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

test("a websocket becomes a tunnel both ways, also for what came behind the heads", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send(`${ask("websocket")}early`);
  const worker = await workers[0]!.connection();
  assert.match(await worker.head(), /Connection: Upgrade\r\nUpgrade: websocket\r\n/i);
  worker.send(`${accepted}first`);
  assert.match(await me.head(), /^HTTP\/1\.1 101 [^]*Upgrade: websocket\r\n/i);
  assert.equal(await me.take("first"), "first");
  assert.equal(await worker.take("early"), "early");
  me.send("\0to the worker");
  assert.equal(await worker.take("worker"), "\0to the worker");
  worker.send("to the client");
  await me.take("to the client");
  assert.equal(proxy.report().services["web"]?.inFlight, 1);
  me.send("last words");
  me.socket.end();
  await worker.take("last words");
  await worker.gone();
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});

test("the worker ends the tunnel: the client gets what was sent, then the end", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(ask("websocket"));
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send(`${accepted}last words`);
  worker.socket.end();
  await me.head();
  await me.take("last words");
  await me.gone();
});

test("a worker may refuse the upgrade with an ordinary answer", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(ask("websocket"));
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  assert.equal((await me.message()).body, "no");
  me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await worker.head();
});

test("another protocol is forwarded only where the route lists it", async (context) => {
  const { client, workers, table } = await proxyWithWorkers(context);
  const me = await client();
  me.send(ask("custom"));
  const worker = await workers[0]!.connection();
  assert.doesNotMatch(await worker.head(), /upgrade/i);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await me.head();
  table({ routes: [testRoute({ upgrades: ["custom"] })], workers: [testWorkerRow(workers[0]!.port)] });
  me.send(ask("custom"));
  assert.match(await worker.head(), /Upgrade: custom\r\n/);
});

test("101 to a request that did not ask: 502, and nothing of what follows reaches the client", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send(`${accepted}secret`);
  const answer = await me.message();
  assert.match(answer.head, /^HTTP\/1\.1 502 [^]*x-skein-reason: upgrade-refused/);
  await worker.gone();
  assert.ok(!me.received.includes("secret"));
});

test("a tunnel's reader that does not read holds up its writer", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(ask("websocket"));
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send(accepted);
  await me.head();
  worker.socket.pause();
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  while (sent < 128 * 1024 * 1024 && (me.socket.write(chunk), me.socket.writableLength < 4 * 1024 * 1024)) {
    sent += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sent < 100 * 1024 * 1024, `${sent} bytes went somewhere`);
  worker.keepText = false;
  worker.socket.resume();
  await until(() => me.socket.writableLength === 0, "all taken", 30_000);
});

test("over a link: who sent more ahead of the 101 than the worker takes is not read on", async (context) => {
  const { client, link } = await overLink(context);
  const me = await client();
  me.send(ask("websocket"));
  me.send(Buffer.alloc(120_000, "y"));
  const stream = await link.stream(1);
  await until(() => me.socket.writableLength === 0, "the proxy to take what comes ahead");
  await new Promise((resolve) => setTimeout(resolve, 100));
  stream.answer(accepted, false);
  await me.head();
  const sent = await sendUntilStuck(me);
  assert.ok(sent < 32, `${sent} MiB went somewhere`);
});

test("over a link that takes nothing: who waits for its turn is not read on after the 101 either", async (context) => {
  // So slow that a link which is not read for seconds, on a busy machine, has not been silent for long.
  const { client, link, proxy } = await overLink(context, fastClock(0.01));
  const { links } = proxy.statistics;
  const me = await client();
  const first = links.requests + 1;
  me.send(get + ask("websocket"));
  me.send(Buffer.alloc(120_000, "y"));
  await until(() => links.requests === first, "the first request");
  await until(() => me.socket.writableLength === 0, "the proxy to take what comes ahead");
  const filler = await client();
  const long = `GET /a HTTP/1.1\r\nHost: h\r\nX-Long: ${"x".repeat(14_000)}\r\n\r\n`;
  link.socket.pause();
  const ask14k = async (): Promise<boolean> => {
    const before = links.requests;
    filler.send(long);
    await until(() => links.requests > before || filler.received !== "", "the request's way");
    const overLinkStill = links.requests > before;
    if (overLinkStill) link.write((frames) => frames.text(frameKind.answer, links.requests, endFlag, ok));
    await filler.message();
    return overLinkStill;
  };
  while (await ask14k());
  // Some of it is read: the link takes requests again, and has far too much to take bodies.
  const readAt = link.socket.bytesRead;
  link.socket.resume();
  await until(() => link.socket.bytesRead - readAt > 8 * 1024 * 1024, "some of it to be read");
  link.socket.pause();
  const upgraded = links.requests + 1;
  link.write((frames) => frames.text(frameKind.answer, first, endFlag, ok));
  assert.equal((await me.message()).body, "ok");
  await until(() => links.requests === upgraded, "the request to switch");
  link.write((frames) => frames.text(frameKind.answer, upgraded, 0, accepted));
  await me.head();
  const sent = await sendUntilStuck(me);
  assert.ok(sent < 32, `${sent} MiB went somewhere`);
});

/** Sends until nothing is taken any more, or 64 MiB are; returns how many MiB went. */
async function sendUntilStuck(me: TestPeer): Promise<number> {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let [sent, last, stuckFor] = [0, -1, 0];
  await until(() => {
    const waits = me.socket.writableLength;
    stuckFor = waits > 0 && waits === last ? stuckFor + 1 : 0;
    last = waits;
    if (waits === 0) {
      me.socket.write(chunk);
      sent += 1;
    }
    return stuckFor === 100 || sent === 64;
  }, "the writer to be held up");
  return sent;
}
