import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { frameKind } from "../../link/link.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { type TestLink, TestLinkWorker, type TestStream } from "../testing/testing-link-worker.ts";
import { type TestPeer, TestWorker, until } from "../testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const request = (method: string): string => `${method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n`;
const answer = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** One request at a worker, in the test's hands. */
interface Held {
  head: string;
  answer(body: string): void;
  /** The worker is gone. */
  lose(): void;
  /** Its handler destroys its socket: over a link that says nothing of the worker. */
  destroy(): void;
  readonly cancelled: boolean;
}

interface Stage extends TestProxy {
  me: TestPeer;
  /** Requests that came since the service is known to be quick, in their order. */
  held: Held[];
  rows: TableWorker[];
}

const quickOnes = 40;

/** A proxy that knows its service to be quick; from now on every request waits for the test. */
async function stage(
  t: TestContext,
  way: "connections" | "links",
  { hedge = true, workers = 3 } = {},
): Promise<Stage> {
  const proxy = await startTestProxy(t);
  const held: Held[] = [];
  let quick = true;
  const take = (one: Held): void => {
    if (quick) one.answer("quick");
    else held.push(one);
  };
  const rows: TableWorker[] = [];
  for (let made = 0; made < workers; made += 1) {
    const plain = await new TestWorker().listen();
    plain.onConnection = (peer) => peer.socket.on("data", () => void takeFrom(peer, take));
    const linked = way === "links" ? await new TestLinkWorker().listen() : undefined;
    t.after(() => {
      plain.close();
      linked?.close();
    });
    if (linked !== undefined) void takeFromLink(linked, take);
    rows.push(testWorkerRow(plain.port, linked === undefined ? {} : { link: linked.address }));
  }
  proxy.table({ services: [testService({ policy: "round-robin", hedge })], workers: rows });
  const me = await proxy.client();
  const links = way === "links" ? workers : 0;
  for (let sent = 0; sent < quickOnes || proxy.proxy.statistics.links.open < links; sent += 1) {
    me.send(request("GET"));
    assert.equal((await me.message()).body, "quick");
  }
  proxy.proxy.statistics.retries.taken = 0;
  quick = false;
  return { ...proxy, me, held, rows };
}

/** The POST that was sent: another request that came later was late, and was sent again meanwhile. */
async function isSentOnce({ held, client }: Stage): Promise<void> {
  await until(() => held.length === 1, "the request");
  const other = await client();
  other.send(request("GET"));
  await until(() => held.length === 3, "the second try of another request");
  assert.deepEqual(
    held.map(({ head }) => head.slice(0, 4)),
    ["POST", "GET ", "GET "],
  );
}

async function takeFrom(peer: TestPeer, take: (held: Held) => void): Promise<void> {
  if (!peer.received.includes("\r\n\r\n")) return;
  take({
    head: await peer.head(),
    answer: (body) => peer.send(answer(body)),
    lose: () => peer.reset(),
    destroy: () => peer.reset(),
    get cancelled() {
      return peer.closed || peer.ended;
    },
  });
}

async function takeFromLink(linked: TestLinkWorker, take: (held: Held) => void): Promise<void> {
  const link: TestLink = await linked.link();
  link.onRequest = (stream: TestStream) =>
    take({
      head: stream.head,
      answer: (body) => stream.answer(answer(body)),
      lose: () => link.socket.resetAndDestroy(),
      destroy: () => stream.say(frameKind.cancel),
      get cancelled() {
        return stream.cancelled !== undefined;
      },
    });
}

const inFlight = ({ proxy }: Stage): number =>
  [...proxy.pool("web").workers.values()].reduce((sum, worker) => sum + worker.inFlight, 0);

/** Requests that a worker had and did not answer. */
const unanswered = ({ proxy }: Stage): number =>
  proxy.report().workers?.reduce((sum, { errors }) => sum + errors, 0) ?? 0;

/** Whose request is under way, of the one that there is. */
const busyOne = ({ proxy }: Stage): string =>
  [...proxy.pool("web").workers.values()].find((worker) => worker.inFlight === 1)!.id;

for (const way of ["connections", "links"] as const) {
  test(`a late answer: a second worker is asked, and answers; the first is cancelled (${way})`, async (t) => {
    const all = await stage(t, way);
    const { me, held, proxy } = all;
    me.send(request("GET"));
    await until(() => held.length === 2, "the second try");
    assert.doesNotMatch(held[0]!.head, /x-skein-attempt/);
    assert.match(held[1]!.head, /x-skein-attempt: 1\r\n/);
    held[1]!.answer("second");
    assert.equal((await me.message()).body, "second");
    await until(() => held[0]!.cancelled, "the cancel");
    assert.equal(proxy.statistics.retries.taken, 1);
    assert.equal(inFlight(all), 0);
    me.send(request("GET"));
    await until(() => held.length === 3, "the next request");
    held[2]!.answer("next");
    assert.equal((await me.message()).body, "next");
  });

  test(`the first answers after all: the second is cancelled (${way})`, async (t) => {
    const all = await stage(t, way);
    const { me, held } = all;
    me.send(request("GET"));
    await until(() => held.length === 2, "the second try");
    held[0]!.answer("first");
    assert.equal((await me.message()).body, "first");
    await until(() => held[1]!.cancelled, "the cancel");
    assert.equal(inFlight(all), 0);
    assert.equal(unanswered(all), 0);
  });

  test(`the first is lost: the second goes on alone (${way})`, async (t) => {
    const all = await stage(t, way);
    const { me, held } = all;
    me.send(request("GET"));
    await until(() => held.length === 2, "the second try");
    held[0]!.lose();
    await until(() => held[0]!.cancelled || inFlight(all) === 1, "the loss");
    held[1]!.answer("second");
    assert.equal((await me.message()).body, "second");
    assert.equal(held.length, 2);
    assert.equal(inFlight(all), 0);
    assert.equal(unanswered(all), 1);
  });

  test(`the second is lost: the first goes on alone (${way})`, async (t) => {
    const all = await stage(t, way);
    const { me, held } = all;
    me.send(request("GET"));
    await until(() => held.length === 2, "the second try");
    held[1]!.lose();
    await until(() => inFlight(all) === 1, "the loss");
    held[0]!.answer("first");
    assert.equal((await me.message()).body, "first");
    assert.equal(inFlight(all), 0);
    assert.equal(unanswered(all), 1);
  });

  test(`both are lost: a third has it (${way})`, async (t) => {
    const all = await stage(t, way);
    const { me, held } = all;
    me.send(request("GET"));
    await until(() => held.length === 2, "the second try");
    held[0]!.lose();
    await until(() => inFlight(all) === 1, "the loss");
    held[1]!.lose();
    await until(() => held.length === 3, "the third try");
    held[2]!.answer("third");
    assert.equal((await me.message()).body, "third");
    assert.equal(inFlight(all), 0);
  });

  test(`the client leaves: both are cancelled (${way})`, async (t) => {
    const all = await stage(t, way);
    const { me, held } = all;
    me.send(request("GET"));
    await until(() => held.length === 2, "the second try");
    me.close();
    await until(() => held.every(({ cancelled }) => cancelled), "both cancels");
    assert.equal(inFlight(all), 0);
  });

  test(`what may not be repeated is not sent twice, however late (${way})`, async (t) => {
    const all = await stage(t, way);
    all.me.send(request("POST"));
    await isSentOnce(all);
  });
}

test("who bears a key by which its service knows a repetition is not sent twice while none is lost", async (t) => {
  const all = await stage(t, "links");
  const { me, rows, table } = all;
  const service = testService({ policy: "round-robin", hedge: true });
  table({ services: [service], routes: [testRoute({ idempotencyKey: true })], workers: rows });
  me.send(request("POST").replace("Content-Length", "Idempotency-Key: k\r\nContent-Length"));
  await isSentOnce(all);
});

test("the second is lost, then the first: a third has it, and the first is out when it drains", async (t) => {
  const all = await stage(t, "links");
  const { me, held, rows, proxy, table } = all;
  me.send(request("GET"));
  await until(() => held.length === 1, "the request");
  const first = busyOne(all);
  await until(() => held.length === 2, "the second try");
  held[1]!.destroy();
  await until(() => inFlight(all) === 1, "the loss");
  held[0]!.destroy();
  await until(() => held.length === 3, "the third try");
  held[2]!.answer("third");
  assert.equal((await me.message()).body, "third");
  table({
    services: [testService({ policy: "round-robin", hedge: false })],
    workers: rows.map((row) => (row.id === first ? { ...row, state: { kind: "draining" } } : row)),
  });
  assert.ok(!proxy.pool("web").candidatesOf(undefined).has(proxy.pool("web").workers.get(first)!));
  for (let sent = 4; sent < 12; sent += 1) {
    me.send(request("GET"));
    await until(() => held.length === sent, "another request");
    assert.notEqual(busyOne(all), first);
    held[sent - 1]!.answer("next");
    assert.equal((await me.message()).body, "next");
  }
});

test("a second try that was too much, then the first is lost: the other of two has it", async (t) => {
  const { me, held, rows, proxy, table } = await stage(t, "links", { workers: 2 });
  const services = [testService({ policy: "round-robin", hedge: true })];
  const { retries } = proxy.statistics;
  table({ services, workers: rows, proxy: { retryBudget: { ratio: 0, reserve: 0, perSecondMin: 0 } } });
  me.send(request("GET"));
  await until(() => held.length === 1, "the request");
  await until(() => retries.denied === 1, "the second try to be denied");
  table({ services, workers: rows });
  assert.equal(held.length, 1);
  held[0]!.destroy();
  await until(() => held.length === 2 || me.received !== "", "the other try");
  held[1]?.answer("other");
  assert.equal((await me.message()).body, "other");
});

test("a service that does not ask for it: nothing is sent twice", async (t) => {
  const { me, held, client, proxy } = await stage(t, "connections", { hedge: false });
  me.send(request("GET"));
  await until(() => held.length === 1, "the request");
  const other = await client();
  other.send("GET / HTTP/1.1\r\nHost: h\r\nx-skein-budget: 60\r\n\r\n");
  // Time has passed: that of a later request is over.
  assert.match((await other.message()).head, /^HTTP\/1\.1 504 /);
  assert.equal(held.length, 2);
  assert.equal(proxy.statistics.retries.taken, 0);
});
