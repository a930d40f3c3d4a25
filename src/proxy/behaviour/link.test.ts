import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelCause, endFlag, frameKind, initialCreditBytes, payloadBytesMax } from "../../link/link.ts";
import {
  get,
  linkedWorker,
  type LinkedWorker,
  ok,
  openLinks,
  overLink,
  post,
  proxyBefore,
  rowOf,
} from "../testing/testing-linked.ts";
import { until } from "../testing/testing-peers.ts";
import { fastClock } from "../testing/testing-proxy.ts";
import type { Worker } from "../workers/worker.ts";

test("until the link is open HTTP/1.1 serves, then the link", async (t) => {
  const { talk, link, linked, proxy } = await overLink(t);
  linked.answerAll("x");
  link.onRequest = (stream) => stream.answer(ok);
  talk.send(get);
  assert.equal((await talk.message()).body, "ok");
  const { head } = await link.stream(1);
  assert.match(head, /^GET \/a HTTP\/1\.1\r\nHost: h\r\n/);
  assert.match(head, /\r\nX-Request-Id: /);
  assert.deepEqual(proxy.statistics.links, { open: 1, failed: 0, requests: 1 });
});

test("many requests at once on one link, answered in any order", async (t) => {
  const { client, link, linked } = await overLink(t);
  const clients = await Promise.all(Array.from({ length: 20 }, async () => client()));
  for (const [index, one] of clients.entries()) one.send(`GET /${index} HTTP/1.1\r\nHost: h\r\n\r\n`);
  await until(() => link.streams.size === 20, "all requests");
  for (const stream of [...link.streams.values()].toReversed()) {
    const path = /^GET (\S+) /.exec(stream.head)?.[1] ?? "";
    stream.answer(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
  }
  const bodies = await Promise.all(clients.map(async (one) => (await one.message()).body));
  assert.deepEqual(
    bodies,
    clients.map((_, index) => `/${index}`),
  );
  assert.equal(linked.links.length, 1);
});

test("a body goes without its chunks, and its trailers after it", async (t) => {
  const { talk, link } = await overLink(t);
  talk.send("PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n");
  const stream = await link.stream(1);
  await until(() => stream.body === "abc", "the first chunk");
  assert.equal(stream.ended, false);
  talk.send("2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
  await until(() => stream.ended, "the request's end");
  assert.equal(stream.body, "abcde");
  assert.equal(stream.trailers, "X-Sum: 5\r\n");
  stream.answer(ok);
  assert.equal((await talk.message()).body, "ok");
});

test("answers: 1xx before, chunks and trailers, HEAD, and a body that ends with its stream", async (t) => {
  const { talk, link } = await overLink(t);
  talk.send(get);
  const first = await link.stream(1);
  first.answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", false);
  assert.match(await talk.head(), /^HTTP\/1\.1 103 /);
  first.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false);
  assert.match(await talk.take("3\r\nabc\r\n"), /^HTTP\/1\.1 200 /);
  first.answer("0\r\nX-Sum: 3\r\n\r\n");
  assert.match(await talk.head(), /^0\r\nX-Sum: 3\r\n/);

  talk.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  (await link.stream(2)).answer("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  assert.match(await talk.head(), /Content-Length: 7/);

  talk.send(get);
  const third = await link.stream(3);
  third.answer("HTTP/1.1 200 OK\r\n\r\nall ", false);
  third.answer("of it");
  assert.match(await talk.take("all of it".slice(-5)), /it$|of it/);
});

test("a cut answer is never a clean end", async (t) => {
  const { talk, link } = await overLink(t);
  talk.send(get);
  (await link.stream(1)).answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  await until(() => talk.closed, "the end of the connection");
  assert.equal(talk.error?.code, "ECONNRESET");
});

test("an upload keeps to the worker's credit, and while there is little of it the client is not read", async (t) => {
  const { talk, link, linked } = await overLink(t);
  linked.keepBodies = false;
  const bytes = 8 * 1024 * 1024;
  talk.send(`PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
  talk.send(Buffer.alloc(bytes));
  const stream = await link.stream(1);
  let granted = initialCreditBytes;
  // Where a read might bring more than what is left, nothing is read.
  const stopped = (): boolean => granted - stream.bodyBytes < initialCreditBytes / 2;
  while (!stream.ended) {
    await until(() => stopped() || stream.ended, "all but what is too little for a read");
    assert.ok(stream.bodyBytes <= granted, "no more than what was granted");
    const first = granted === initialCreditBytes;
    if (first) assert.ok(talk.socket.writableLength > bytes / 4, "the client waits with its bytes");
    stream.giveCredit(initialCreditBytes / 2);
    granted += initialCreditBytes / 2;
  }
  assert.equal(stream.bodyBytes, bytes);
  stream.answer(ok);
  assert.equal((await talk.message()).body, "ok");
});

test("a client that does not read gets the worker no credit; others on the link go on", async (t) => {
  const { talk, link, client, proxy } = await overLink(t);
  const slow = talk;
  slow.socket.pause();
  slow.send(get);
  const stream = await link.stream(1);
  const piece = "x".repeat(payloadBytesMax);
  const total = 64 * 1024 * 1024;
  stream.answer(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`, false);
  // A worker keeps to its credit: here the test does.
  let sent = 200;
  const pump = (): void => {
    while (sent + piece.length <= initialCreditBytes + stream.credit) {
      sent += piece.length;
      stream.answer(piece, false);
    }
  };
  const other = await client();
  let answered = 0;
  link.onRequest = (one) => one.answer(ok);
  for (let round = 0, before = -1; before !== sent || round < 5; round++) {
    before = sent;
    pump();
    other.send(get);
    assert.equal((await other.message()).body, "ok");
    answered += 1;
  }
  assert.ok(answered >= 5);
  assert.ok(sent < total / 4, `${sent} bytes were taken for a client that reads nothing`);
  slow.close();
  await until(() => stream.cancelled === cancelCause.aborted, "the cancel");
  assert.equal(proxy.statistics.links.open, 1);
});

test("a client that goes away cancels its request at the worker, and only that", async (t) => {
  const { talk, link, client, proxy } = await overLink(t);
  talk.send(get);
  const stream = await link.stream(1);
  talk.close();
  await until(() => stream.cancelled === cancelCause.aborted, "the cancel");
  stream.answer(ok);
  const other = await client();
  other.send(get);
  (await link.stream(2)).answer(ok);
  assert.equal((await other.message()).body, "ok");
  assert.equal(proxy.statistics.links.open, 1);
});

test("an answer that goes on beyond its own length: the worker is told to stop", async (t) => {
  const { talk, link } = await overLink(t);
  talk.send(get);
  const stream = await link.stream(1);
  stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
  assert.equal((await talk.message()).body, "ok");
  assert.equal(stream.cancelled, undefined);
  stream.answer("more", false);
  await until(() => stream.cancelled === cancelCause.badAnswer, "the cancel");
  talk.send(get);
  (await link.stream(2)).answer(ok);
  assert.equal((await talk.message()).body, "ok");
});

test("a request that the worker refuses to begin goes elsewhere, whatever it is", async (t) => {
  const { talk, link } = await overLink(t);
  link.onRequest = (stream) => {
    link.write((frames) => frames.empty(frameKind.drain, 0, 0));
    stream.say(frameKind.refused);
  };
  talk.send(post);
  assert.equal((await talk.message()).body, "http");
  assert.equal(link.streams.size, 1);
  talk.send(get);
  assert.equal((await talk.message()).body, "http");
});

const chunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

test("a worker alone that refuses a request once gets it again, whole, whatever it is", async (t) => {
  const { talk, link, proxy } = await overLink(t);
  for (const text of [get, post, chunked]) {
    const before = link.streams.size;
    link.onRequest = (stream) =>
      stream.id === before + 1 ? stream.say(frameKind.refused) : stream.answer(ok);
    talk.send(text);
    assert.equal((await talk.message()).body, "ok");
    assert.equal(link.streams.get(before + 2)!.body, text === get ? "" : "abc");
  }
  assert.equal(proxy.statistics.retries.taken, 0);
});

test("workers that refuse everything are asked once each, or twice if there is but one", async (t) => {
  const askedMax = 20;
  for (const count of [1, 2, 3]) {
    const workers: LinkedWorker[] = [];
    while (workers.length < count) workers.push(await linkedWorker(t));
    const { talk, client, proxy } = await proxyBefore(t, workers);
    await openLinks(client, workers);
    for (const text of [get, post, chunked]) {
      const before = streamsOf(workers);
      for (const { linked } of workers) {
        linked.links[0]!.onRequest = (stream) =>
          streamsOf(workers) - before > askedMax ? stream.answer(ok) : stream.say(frameKind.refused);
      }
      talk.send(text);
      assert.match((await talk.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/i);
      assert.equal(streamsOf(workers) - before, Math.max(2, count));
    }
    assert.equal(proxy.statistics.retries.taken, 0);
  }
});

test("a handler that destroys its socket: a POST is not repeated, a GET is", async (t) => {
  const workers = [await linkedWorker(t), await linkedWorker(t)];
  const { talk, client } = await proxyBefore(t, workers);
  await openLinks(client, workers);
  for (const { linked } of workers) {
    for (const link of linked.links) link.onRequest = (stream) => stream.say(frameKind.cancel);
  }
  talk.send(post);
  assert.match((await talk.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/i);
  const before = streamsOf(workers);
  talk.send(get);
  assert.match((await talk.message()).head, /^HTTP\/1\.1 502 /);
  assert.ok(streamsOf(workers) - before >= 2, "the GET was tried at another worker");
});

function streamsOf(workers: readonly LinkedWorker[]): number {
  return workers.reduce((sum, { linked }) => sum + (linked.links[0]?.streams.size ?? 0), 0);
}

for (const how of ["ends", "is reset"] as const) {
  test(`a link that ${how}: what the handler never entered is repeated, what it entered is not`, async (t) => {
    const workers = [await linkedWorker(t), await linkedWorker(t)];
    // So slow that no worker has been silent for long: who is would be left for the other one.
    const { client } = await proxyBefore(t, workers, fastClock(0.01));
    await openLinks(client, workers);
    for (const { linked } of workers) linked.links[0]!.onRequest = () => {};
    const before = streamsOf(workers);
    const clients = await Promise.all(Array.from({ length: 8 }, async () => client()));
    for (const one of clients) one.send(post);
    await until(() => streamsOf(workers) === before + 8, "all requests");
    const waiting = workers.map(({ linked }) =>
      [...linked.links[0]!.streams.values()].filter((stream) => stream.head.startsWith("POST")),
    );
    const victim = waiting.findIndex((streams) => streams.length >= 2);
    const [entered] = waiting[victim]!;
    entered!.say(frameKind.entered);
    for (const stream of waiting[1 - victim]!) stream.answer(ok);
    workers[1 - victim]!.linked.links[0]!.onRequest = (stream) => stream.answer(ok);
    const { linked, plain } = workers[victim]!;
    const { socket } = linked.links[0]!;
    // Closed as well: the worker is gone as a whole.
    plain.kill();
    if (how === "ends") socket.end();
    else socket.resetAndDestroy();
    linked.close();
    const heads = await Promise.all(clients.map(async (one) => (await one.message()).head));
    const statuses = heads.map((head) => head.slice(9, 12)).toSorted();
    assert.deepEqual(statuses, [...Array.from({ length: 7 }, () => "200"), "502"]);
    assert.match(
      heads.find((head) => head.startsWith("HTTP/1.1 502"))!,
      /outcome-unknown/,
    );
  });
}

test("an idle link's end is news: the worker is asked, and is out when nobody listens", async (t) => {
  const { plain, link, evidence, linked } = await overLink(t);
  plain.kill();
  linked.close();
  link.socket.destroy();
  await until(() => evidence.some((item) => item.kind === "refused"), "the evidence");
});

test("a wrong proof gets no request; HTTP/1.1 serves", async (t) => {
  const worker = await linkedWorker(t);
  worker.linked.provesWith = "b".repeat(64);
  const { talk, proxy } = await proxyBefore(t, [worker]);
  while (proxy.statistics.links.failed < 2) {
    talk.send(post);
    assert.equal((await talk.message()).body, "http");
  }
  assert.equal(proxy.statistics.links.open, 0);
  assert.ok(worker.linked.links.every((link) => !link.greeted && link.streams.size === 0));
});

test("a link port that says nothing is given up", async (t) => {
  const worker = await linkedWorker(t);
  worker.linked.greets = false;
  const { talk, proxy } = await proxyBefore(t, [worker], fastClock(50));
  talk.send(get);
  assert.equal((await talk.message()).body, "http");
  await until(() => proxy.statistics.links.failed === 1, "the end of the attempt");
});

for (const [what, bytes] of [
  ["a frame of a stream that was never opened", Uint8Array.of(0, 0, frameKind.answer, 1, 0, 0, 1, 0)],
  ["a frame that is too long", Uint8Array.of(0xff, 0xff, frameKind.answer, 0, 0, 0, 0, 1)],
  ["a proxy's frame", Uint8Array.of(0, 0, frameKind.request, 0, 0, 0, 0, 1)],
  ["credit of a wrong length", Uint8Array.of(0, 1, frameKind.credit, 0, 0, 0, 0, 1, 0)],
  ["a second hello", Uint8Array.of(0, 0, frameKind.hello, 0, 0, 0, 0, 0)],
] as const) {
  test(`${what} ends the link, and the request is answered all the same`, async (t) => {
    const { talk, link } = await overLink(t);
    talk.send(get);
    await link.stream(1);
    link.socket.write(bytes);
    assert.match((await talk.message()).head, /^HTTP\/1\.1 (200|502) /);
    await until(() => link.closed, "the link's end");
  });
}

test("a worker that sends beyond its credit loses the link", async (t) => {
  const { talk, link } = await overLink(t);
  talk.socket.pause();
  talk.send(get);
  const stream = await link.stream(1);
  stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", false);
  const piece = "x".repeat(payloadBytesMax);
  // The client reads nothing, so that no credit comes back beyond what its socket takes.
  while (!link.closed) {
    stream.answer(piece, false);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test("frames that are not known are passed over", async (t) => {
  const { talk, link } = await overLink(t);
  link.onRequest = (stream) => {
    link.socket.write(Uint8Array.of(0, 2, 99, 0, 0, 0, 0, 9, 1, 2));
    link.write((frames) => frames.text(98, stream.id, endFlag, "x".repeat(payloadBytesMax)));
    stream.answer(ok);
  };
  talk.send(get);
  assert.equal((await talk.message()).body, "ok");
});

test("a WebSocket passes both ways; the client's end is told in order", async (t) => {
  const { talk, link } = await overLink(t);
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  talk.send(`GET /ws HTTP/1.1\r\nHost: h\r\n${upgrade}\r\nearly`);
  const stream = await link.stream(1);
  stream.answer(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nhello`, false);
  assert.match(await talk.take("hello"), /^HTTP\/1\.1 101 /);
  talk.send("bytes");
  await until(() => stream.body === "earlybytes", "the client's bytes");
  stream.answer("more", false);
  await talk.take("more");
  talk.send("last");
  talk.socket.end();
  await until(() => stream.cancelled === cancelCause.closed, "the end");
  assert.equal(stream.body, "earlybyteslast");
});

test("a worker that ends a tunnel ends the client's connection", async (t) => {
  const { talk, link } = await overLink(t);
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  talk.send(`GET /ws HTTP/1.1\r\nHost: h\r\n${upgrade}\r\n`);
  const stream = await link.stream(1);
  stream.answer(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nbye`);
  await talk.take("bye");
  await talk.gone();
  assert.equal(stream.cancelled, cancelCause.closed);
});

test("more streams than the worker takes go over HTTP/1.1", async (t) => {
  const worker = await linkedWorker(t);
  worker.linked.streamsMax = 1;
  const { talk, client } = await proxyBefore(t, [worker]);
  await openLinks(client, [worker]);
  const link = worker.linked.links[0]!;
  const before = link.streams.size;
  link.onRequest = () => {};
  talk.send(get);
  await until(() => link.streams.size > before, "the request on the link");
  const other = await client();
  other.send(get);
  assert.equal((await other.message()).body, "http");
});

test("a worker that left the table keeps its link until its last request is answered", async (t) => {
  const { talk, link, table, plain, linked } = await overLink(t);
  talk.send(get);
  const stream = await link.stream(1);
  table({ workers: [] });
  assert.equal(link.closed, false);
  stream.answer(ok);
  assert.equal((await talk.message()).body, "ok");
  await until(() => link.closed, "the link's end");
  table({ workers: [rowOf({ plain, linked })] });
  talk.send(get);
  assert.equal((await talk.message()).body, "http");
});

test("an idle link is pinged, and given up when no answer comes", async (t) => {
  const { link, proxy } = await overLink(t, fastClock(100));
  await until(() => link.pings > 0, "a ping");
  await until(() => link.closed, "the link's end");
  assert.equal(proxy.statistics.links.open, 0);
});

test("what a worker tells of itself with an answer is known of it: others' requests, and its delay, and how long requests are there", async (t) => {
  const { talk, link, proxy } = await overLink(t);
  link.onRequest = (stream) => {
    stream.answer(ok);
    link.write((frames) => frames.load(7, 12_500, 300, 2_500));
  };
  const told = (): Worker["told"] => proxy.pool("web").workers.values().next().value?.told;
  assert.equal(told(), undefined);
  talk.send(get);
  await until(() => told() !== undefined, "the worker's word");
  assert.deepEqual([told()?.inFlightOfOthers, told()?.delayMs, told()?.insideMs], [7, 12.5, 2.5]);
});

test("a worker of before does not tell how long requests are with it", async (t) => {
  const { talk, link, proxy } = await overLink(t);
  link.onRequest = (stream) => {
    stream.answer(ok);
    link.write((frames) => frames.text(frameKind.load, 0, 0, "\0".repeat(12)));
  };
  const told = (): Worker["told"] => proxy.pool("web").workers.values().next().value?.told;
  talk.send(get);
  await until(() => told() !== undefined, "the worker's word");
  assert.equal(told()?.insideMs, Infinity);
});

test("a load frame that is too short is no frame of a sound worker", async (t) => {
  const { link, proxy } = await overLink(t);
  link.write((frames) => frames.text(frameKind.load, 0, 0, "short"));
  await until(() => proxy.statistics.links.open === 0, "the link's end");
});

test("a link that is silent while its worker answers is left: HTTP/1.1 serves, and later another link", async (t) => {
  const { client, proxy, evidence, plain, linked, link } = await overLink(t, fastClock(4));
  linked.answerAll("linked");
  const [worker] = proxy.pool("web").workers.values();
  let questions = 0;
  plain.mute = (head) => {
    if (head.startsWith("OPTIONS * ")) questions += 1;
    return false;
  };
  const waiting = await Promise.all([client(), client()]);
  for (const me of waiting) me.send(get);
  await until(() => questions > 0 && !worker!.probing, "the worker is asked");
  assert.equal(link.pings, 1);
  const me = await client();
  me.send(get);
  assert.equal((await me.message()).body, "http");
  assert.equal(linked.links.length, 1);
  assert.deepEqual(evidence, []);
  for (const stream of link.streams.values()) stream.answer(ok);
  for (const each of waiting) assert.equal((await each.message()).body, "ok");
  await until(() => link.closed, "the old link is closed when nothing is on it");
  let body = "";
  while (body !== "linked") {
    me.send(get);
    ({ body } = await me.message());
  }
});

test("a link that answers a ping carries slow requests: nobody is asked", async (t) => {
  const { client, proxy, evidence, plain, link } = await overLink(t, fastClock(0.2));
  link.answersPings = true;
  let questions = 0;
  plain.mute = () => {
    questions += 1;
    return false;
  };
  for (const me of await Promise.all([client(), client()])) me.send(get);
  await until(() => link.pings >= 4, "many pings");
  assert.equal(questions, 0);
  assert.deepEqual(evidence, []);
  assert.equal(proxy.statistics.links.open, 1);
});

test("from a link that is left goes to another worker what may be repeated", async (t) => {
  const { client, table, plain, linked, link, evidence } = await overLink(t);
  const other = await linkedWorker(t);
  const waiting = await client();
  const writer = await client();
  waiting.send(get);
  writer.send(post);
  await link.stream(2);
  other.plain.answerAll("other");
  table({ workers: [rowOf({ plain, linked }), rowOf(other)] });
  assert.equal((await waiting.message()).body, "other");
  assert.equal(writer.received, "");
  for (const stream of link.streams.values()) if (stream.cancelled === undefined) stream.answer(ok);
  assert.equal((await writer.message()).body, "ok");
  assert.deepEqual(evidence, []);
});
