/** A worker that does not answer, or breaks its answers off, while the others are well. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { frameKind } from "../../link/link.ts";
import { systemClock } from "../../runtime/clock.ts";
import { get, linkedWorker, ok, openLinks, post, proxyBefore, rowOf } from "../testing/testing-linked.ts";
import type { TestLink, TestStream } from "../testing/testing-link-worker.ts";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";
import { testService } from "../testing/testing-table.ts";

/** Each has its turn, however fast this machine makes one of them. */
const services = [testService({ policy: "round-robin" })];
const headOfChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";

/** So many requests of clients of their own, one after the other. How many were answered well. */
async function ask(test: TestProxy, request: string, times: number): Promise<number> {
  let well = 0;
  for (let at = 0; at < times; at += 1) {
    const me = await test.client();
    me.send(request);
    await until(
      () => me.closed || me.received.endsWith("ok") || me.received.includes("HTTP/1.1 502"),
      "the end",
    );
    if (me.received.endsWith("ok")) well += 1;
    me.close();
  }
  return well;
}

/** It may be on trial again by now: the head of its canary's answer was sound. */
function wasOut({ evidence }: TestProxy, port: number): boolean {
  return evidence.some(({ kind, id }) => kind === "failing" && id === `w-${port}`);
}

const breaks: readonly [what: string, request: string, how: (peer: TestPeer) => void][] = [
  ["resets each request", post, (peer) => peer.reset()],
  ["closes after each request", post, (peer) => peer.socket.end()],
  [
    "resets amid each answer",
    get,
    (peer) => {
      peer.send(half);
      peer.socket.write("", () => setImmediate(() => peer.reset()));
    },
  ],
  ["sends chunks that are none", get, (peer) => peer.send(`${headOfChunks}4\r\nhalf\r\nnone\r\n`)],
];

for (const [what, request, how] of breaks) {
  test(`a worker that ${what} is out before long, and the controllers hear of it`, async (context) => {
    const test = await proxyWithWorkers(context, 5, { services });
    const [broken, ...others] = test.workers;
    let isBroken = false;
    for (const worker of [broken!, ...others])
      worker.onConnection = (peer) =>
        peer.socket.on("data", () => (isBroken && worker === broken ? how(peer) : peer.send(ok)));
    await ask(test, request, 60);
    isBroken = true;
    const well = await ask(test, request, 200);
    assert.ok(wasOut(test, broken!.port));
    assert.ok(well > 160, `${well} of 200`);
  });
}

const breaksOnLink: readonly [what: string, how: (stream: TestStream, link: TestLink) => void][] = [
  [
    "breaks off each answer",
    (stream) => {
      stream.answer(half, false);
      stream.say(frameKind.cancel);
    },
  ],
  ["ends the link with each request", (_stream, link) => link.socket.destroy()],
];

for (const [what, how] of breaksOnLink) {
  test(`over a link a worker that ${what} is out before long`, async (t) => {
    const workers = [await linkedWorker(t), await linkedWorker(t)];
    const test = await proxyBefore(t, workers);
    test.table({ services, workers: workers.map((worker) => rowOf(worker)) });
    await openLinks(test.client, workers);
    const [broken] = workers;
    for (const { plain, linked } of workers) {
      // While there is no link.
      plain.answerAll("ok");
      for (const link of linked.links) link.onRequest = (stream) => stream.answer(ok);
    }
    await ask(test, post, 60);
    const breakOff = (link: TestLink): void => void (link.onRequest = (stream) => how(stream, link));
    broken!.linked.onLink = breakOff;
    broken!.linked.links.forEach(breakOff);
    await ask(test, post, 150);
    assert.ok(wasOut(test, broken!.plain.port));
  });
}

test("a worker that ends idle connections, each time with a request on the way to it, stays in", async (context) => {
  let skippedMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + skippedMs };
  const test = await proxyWithWorkers(context, 2, { services }, clock);
  let lost = 0;
  for (const worker of test.workers)
    worker.onConnection = (peer) => {
      let requests = 0;
      peer.socket.on("data", () => {
        requests += 1;
        if (requests === 1 || worker !== test.workers[0]) return peer.send(ok);
        lost += 1;
        peer.reset();
      });
    };
  for (let round = 0; round < 100; round += 1) {
    skippedMs += 2_000;
    await ask(test, get, 1);
  }
  assert.ok(lost > 20, `${lost}`);
  assert.ok(!wasOut(test, test.workers[0]!.port));
});
