import assert from "node:assert/strict";
import { test } from "node:test";
import { noOpenssl } from "../../../test/certificates.ts";
import { KeyUpdater } from "../testing/testing-key-updates.ts";
import { until } from "../testing/testing-peers.ts";
import { startTlsProxy } from "../testing/testing-tls.ts";

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
