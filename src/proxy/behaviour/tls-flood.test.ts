import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { test } from "node:test";
import { noOpenssl } from "../../../test/certificates.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { KeyUpdater } from "../testing/testing-key-updates.ts";
import { until } from "../testing/testing-peers.ts";
import { SlowLine, startTlsProxy } from "../testing/testing-tls.ts";

const skip = noOpenssl;

test(
  "a client that changes its keys again and again is cut, one that does so now and then is served",
  { skip },
  async (context) => {
    const test = await startTlsProxy(context);
    test.worker1.answerAll("ok");
    const honest = await KeyUpdater.connect(test.securePort);
    const flooding = await KeyUpdater.connect(test.securePort);
    const canary = await test.shake();
    honest.send(3);
    flooding.send(2_000);
    await until(() => flooding.raw.destroyed, "the flood to be cut");
    assert.equal(honest.raw.destroyed, false);
    canary.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.equal((await canary.message()).body, "ok");
    honest.raw.destroy();
    await until(() => test.proxy.report().connections.open === 1, "only the canary to be left");
  },
);

test("content that comes byte by byte is no flood", { skip }, async (context) => {
  const test = await startTlsProxy(context);
  const me = await test.shake();
  me.secure.setNoDelay(true);
  const bytes = 10_000;
  me.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`);
  const worker = await test.worker1.connection();
  await worker.head();
  for (let sent = 0; sent < bytes; sent += 1) {
    me.send("x");
    if (sent % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until(() => worker.received.length === bytes, "all of them");
  assert.equal(me.closed, false);
});

/** Time whose looks at the connections are the test's. */
function clockOfLooks(): { clock: Clock; look: () => void } {
  const looks: (() => void)[] = [];
  const every: Clock["every"] = (ms, fire) => {
    if (ms !== 100) return systemClock.every(ms, fire);
    looks.push(fire);
    return { cancel: () => {} };
  };
  return { clock: { ...systemClock, every }, look: () => looks.forEach((fire) => fire()) };
}

test("a record that has come in part when it is looked for a flood is none", { skip }, async (context) => {
  const { clock, look } = clockOfLooks();
  const test = await startTlsProxy(context, undefined, {}, clock);
  let atProxy: Socket | undefined;
  const note = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === test.securePort) atProxy = socket;
  };
  subscribe("net.server.socket", note);
  context.after(() => void unsubscribe("net.server.socket", note));

  const line = await SlowLine.shake(context, test);
  const { me } = line;
  const body = Buffer.alloc(16_384, "x");
  me.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`);
  const worker = await test.worker1.connection();
  await worker.head();
  line.hold();
  me.send(body);
  await until(() => line.held > body.length, "the record");
  line.pass(16_000);
  await until(() => atProxy?.bytesRead === line.passed, "most of the record at the proxy");
  assert.equal(worker.received, "");
  look();
  line.pass();
  await until(() => worker.received.length === body.length || me.closed, "all of the body");
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  assert.match((await me.message()).head, /^HTTP\/1\.1 200 /);
});
