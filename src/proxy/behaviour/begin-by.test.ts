import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { beginWithinMs, cannotBeginAt, frameKind } from "../../link/link.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { TestLink, TestStream } from "../testing/testing-link-worker.ts";
import {
  linkedWorker,
  type LinkedWorker,
  ok,
  openLinks,
  post,
  proxyBefore,
  rowOf,
} from "../testing/testing-linked.ts";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import type { TestProxy } from "../testing/testing-proxy.ts";

interface Two extends TestProxy {
  talk: TestPeer;
  workers: LinkedWorker[];
}

/** A proxy with two workers, whose links are open. */
async function two(t: TestContext, clock: Pick<Clock, "now"> | null = systemClock): Promise<Two> {
  const workers = [await linkedWorker(t), await linkedWorker(t)];
  for (const { linked } of workers) linked.clock = clock ?? undefined;
  const proxy = await proxyBefore(t, workers);
  await openLinks(proxy.client, workers);
  return { ...proxy, workers };
}

const linkOf = ({ linked }: LinkedWorker): TestLink => linked.links[0]!;

/** Sends, and tells which worker has it: neither answers by itself any more. */
async function send(
  { workers }: Two,
  peer: TestPeer,
  text: string,
): Promise<{ at: LinkedWorker; other: LinkedWorker; stream: TestStream }> {
  const before = workers.map((worker) => linkOf(worker).streams.size);
  for (const worker of workers) linkOf(worker).onRequest = () => {};
  peer.send(text);
  const index = (): number => workers.findIndex((worker, n) => linkOf(worker).streams.size > before[n]!);
  await until(() => index() !== -1, "the request");
  const at = workers[index()]!;
  const stream = await linkOf(at).stream(linkOf(at).streams.size);
  await until(() => stream.ended, "the whole request");
  return { at, other: workers[1 - index()]!, stream };
}

const stalled = { kind: "suspect", cause: "stalled", strength: "soft" } as const;

test("what a worker that stands still has not begun goes elsewhere when it cannot begin any more, not before", async (t) => {
  const cluster = await two(t);
  const { at, other, stream } = await send(cluster, cluster.talk, post);
  const [told] = linkOf(at).beginBys;
  assert.equal(told?.after, stream.id - 1);
  const ahead = told.by - systemClock.now();
  assert.ok(ahead <= beginWithinMs && ahead > -10_000, String(ahead));
  let movedAt = 0;
  linkOf(other).onRequest = (moved) => {
    movedAt = systemClock.now();
    assert.equal(moved.body, "abc");
    moved.answer(ok);
  };
  cluster.table({ workers: [rowOf(at, { state: stalled }), rowOf(other)] });
  assert.equal((await cluster.talk.message()).body, "ok");
  assert.ok(movedAt >= cannotBeginAt(told.by), `${movedAt} ${told.by}`);
  await until(() => stream.cancelled !== undefined, "the cancel");
  assert.equal(cluster.proxy.statistics.retries.taken, 0, "no worker had to do with it");
});

test("what was entered stays while what was sent after it is moved", async (t) => {
  const cluster = await two(t);
  const { at, other, stream } = await send(cluster, cluster.talk, post);
  stream.say(frameKind.entered);
  const second = await cluster.client();
  cluster.table({ workers: [rowOf(at), rowOf(other, { state: { kind: "draining" } })] });
  const sent = await send(cluster, second, post);
  assert.equal(sent.at, at);
  linkOf(other).onRequest = (moved) => moved.answer(ok);
  cluster.table({ workers: [rowOf(at, { state: stalled }), rowOf(other)] });
  assert.equal((await second.message()).body, "ok");
  await until(() => sent.stream.cancelled !== undefined, "the cancel of what had not begun");
  assert.equal(stream.cancelled, undefined);
  stream.answer(ok);
  assert.equal((await cluster.talk.message()).body, "ok");
});

for (const entered of [false, true]) {
  test(`what is given back, ${entered ? "also after it was entered" : "not entered"}, goes to another worker, whole, and that one may take its time`, async (t) => {
    const cluster = await two(t);
    const { other, stream } = await send(cluster, cluster.talk, post);
    const told = linkOf(other).beginBys.length;
    // It stood still after it had said that it begins, and before it did.
    if (entered) stream.say(frameKind.entered);
    stream.say(frameKind.refused);
    const again = linkOf(other);
    const id = again.streams.size + 1;
    const second = await again.stream(id);
    await until(() => second.ended, "the whole request");
    assert.equal(second.body, "abc");
    assert.ok(again.beginBys.slice(told).every(({ by }) => by === Infinity));
    second.answer(ok);
    assert.equal((await cluster.talk.message()).body, "ok");
    assert.equal(cluster.proxy.statistics.retries.taken, 0);
  });
}

test("what is given back while every other worker is full goes to the same one once more", async (t) => {
  const cluster = await two(t);
  cluster.table({ workers: cluster.workers.map((worker) => rowOf(worker, { maxInFlight: 1 })) });
  const { at, stream } = await send(cluster, cluster.talk, post);
  await send(cluster, await cluster.client(), post);
  stream.say(frameKind.refused);
  (await linkOf(at).stream(linkOf(at).streams.size + 1)).answer(ok);
  assert.equal((await cluster.talk.message()).body, "ok");
});

test("a request that could not be sent again has no time to begin by: too large, or of unknown length", async (t) => {
  const cluster = await two(t);
  const large = "x".repeat(100_000);
  for (const text of [
    `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${large.length}\r\n\r\n${large}`,
    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
  ]) {
    const peer = await cluster.client();
    const { at, stream } = await send(cluster, peer, text);
    assert.deepEqual(linkOf(at).beginBys, []);
    stream.answer(ok);
    assert.equal((await peer.message()).body, "ok");
  }
});

test("the time of one request is not that of the next: it is said anew, or taken back", async (t) => {
  const cluster = await two(t);
  const chunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
  while (cluster.workers.some((worker) => !linkOf(worker).beginBys.some(({ by }) => by === Infinity))) {
    for (const text of [post, chunked]) {
      const { stream } = await send(cluster, cluster.talk, text);
      stream.answer(ok);
      assert.equal((await cluster.talk.message()).body, "ok");
    }
  }
  for (const worker of cluster.workers) {
    const { beginBys, streams } = linkOf(worker);
    for (const [id, { head }] of streams) {
      if (!head.startsWith("POST")) continue;
      const last = beginBys.findLast(({ after }) => after < id)?.by ?? Infinity;
      assert.equal(last === Infinity, head.includes("chunked"), head);
    }
  }
});

for (const [whose, clock] of [
  ["is older", null],
  ["reads another clock", { now: () => systemClock.now() + 1_000 }],
  ["reads one that is behind", { now: () => systemClock.now() - 1_000 }],
] as const) {
  test(`a worker that ${whose} is told no time, and keeps what it was sent`, async (t) => {
    const cluster = await two(t, clock);
    const { at, other, stream } = await send(cluster, cluster.talk, post);
    assert.deepEqual(linkOf(at).beginBys, []);
    cluster.table({ workers: [rowOf(at, { state: stalled }), rowOf(other)] });
    const sentAt = systemClock.now();
    await until(() => systemClock.now() > cannotBeginAt(sentAt + beginWithinMs) + 100, "its time");
    assert.equal(stream.cancelled, undefined);
    stream.answer(ok);
    assert.equal((await cluster.talk.message()).body, "ok");
  });
}
