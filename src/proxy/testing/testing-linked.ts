import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { TableWorker } from "../../protocol/routing-table.ts";
import type { Proxy } from "../proxy.ts";
import { systemClock } from "../../runtime/clock.ts";
import { type TestLink, TestLinkWorker } from "./testing-link-worker.ts";
import { type TestPeer, TestWorker, until } from "./testing-peers.ts";
import { startTestProxy, type TestProxy } from "./testing-proxy.ts";
import { testWorkerRow } from "./testing-table.ts";

export const get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
export const post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
export const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** One worker of which both ways in are in the test's hands: it answers `http` over HTTP/1.1 at once. */
export interface LinkedWorker {
  plain: TestWorker;
  linked: TestLinkWorker;
}

export async function linkedWorker(t: TestContext): Promise<LinkedWorker> {
  const plain = (await new TestWorker().listen()).answerAll("http");
  const linked = await new TestLinkWorker().listen();
  t.after(() => {
    plain.close();
    linked.close();
  });
  return { plain, linked };
}

export function rowOf({ plain, linked }: LinkedWorker, overrides: Partial<TableWorker> = {}): TableWorker {
  return testWorkerRow(plain.port, { link: linked.address, ...overrides });
}

export async function proxyBefore(
  t: TestContext,
  workers: LinkedWorker[],
  clock = systemClock,
): Promise<TestProxy & { talk: TestPeer }> {
  const proxy = await startTestProxy(t, clock);
  proxy.table({ workers: workers.map((worker) => rowOf(worker)) });
  return { ...proxy, talk: await proxy.client() };
}

/** A proxy with one worker, whose link is open. */
export async function overLink(
  t: TestContext,
  clock = systemClock,
): Promise<TestProxy & LinkedWorker & { link: TestLink; talk: TestPeer }> {
  const worker = await linkedWorker(t);
  const proxy = await proxyBefore(t, [worker], clock);
  proxy.talk.send(get);
  assert.equal((await proxy.talk.message()).body, "http");
  await untilLinked(proxy.proxy);
  // A fast clock ends some attempts on a busy machine: the last one is the open link.
  const link = await worker.linked.link(worker.linked.links.length - 1);
  return { ...proxy, ...worker, link };
}

/** Resolves when the link of every worker of `web` is open. */
export async function untilLinked(proxy: Proxy): Promise<void> {
  const workers = [...proxy.pool("web").workers.values()];
  // A request opens the link, and does not wait for it: this is as far as such a request comes.
  const ask = (): void => workers.forEach((worker) => void worker.link?.stream(undefined as never));
  await until(() => {
    const ready = proxy.statistics.links.open === workers.length;
    if (!ready) ask();
    return ready;
  }, "every link is open");
}

/** Requests until each of the workers has had one over its link: several at once, so that no worker is left out. */
export async function openLinks(
  client: () => Promise<TestPeer>,
  workers: readonly LinkedWorker[],
): Promise<void> {
  for (const { linked } of workers) linked.answerAll("link");
  const talks = await Promise.all(Array.from({ length: 4 * workers.length }, async () => client()));
  while (workers.some(({ linked }) => linked.links.every((link) => link.streams.size === 0))) {
    for (const talk of talks) talk.send(get);
    await Promise.all(talks.map(async (talk) => talk.message()));
  }
}
