import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
/** The kernel takes all of it at once, and its client's has no room for it. */
const answerBytes = 500_000;

/** A client that has asked for the end, and does not read: the kernel has the answer, and the proxy nothing of it any more. */
async function lastAnswer(
  context: TestContext,
  { request = get, bytes = answerBytes, stalledClientMs = 30_000 } = {},
): Promise<TestProxy & { me: TestPeer }> {
  const test = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs } });
  test.workers[0]!.answerAll("x".repeat(bytes));
  const me = await test.client("halfOpen");
  me.socket.pause();
  me.send(request);
  const web = test.proxy.pool("web");
  await until(
    () => web.counters.requests === 1 && test.proxy.report().services["web"]?.inFlight === 0,
    "its answer",
  );
  return { ...test, me };
}

async function isWhole(me: TestPeer, bytes = answerBytes): Promise<void> {
  me.socket.resume();
  await until(() => me.ended || me.closed, "the end");
  assert.equal(me.error, undefined);
  assert.equal(me.received.length - me.received.indexOf("\r\n\r\n") - 4, bytes);
}

test("a client that sends an empty line behind its last request gets all of its answer", async (context) => {
  const { me } = await lastAnswer(context);
  me.send("\r\n");
  await isWhole(me);
});

// Here the kernel keeps what has come when it is reset; not every client's does.
test("behind a body the proxy reads on, however short the answer: old clients send an empty line there", async (context) => {
  const request = "POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  const { me, proxy } = await lastAnswer(context, { request, bytes: 2 });
  await isWhole(me, 2);
  assert.equal(proxy.report().connections.open, 1);
  me.socket.end("\r\n");
  await until(() => proxy.report().connections.open === 0, "the end");
});

test("who does not take its last answer is still one of the connections, for as long as a client may stall", async (context) => {
  const { proxy } = await lastAnswer(context, { stalledClientMs: 1_500 });
  const [from, end] = [performance.now(), performance.now() + 1_200];
  await until(() => proxy.report().connections.open === 0 || performance.now() > end, "more than the linger");
  assert.equal(proxy.report().connections.open, 1, `gone after ${performance.now() - from} ms`);
  await until(() => proxy.report().connections.open === 0, "it to be given up");
});
