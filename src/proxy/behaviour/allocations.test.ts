import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { collectGarbage } from "../testing/testing-garbage.ts";
import type { Load, Worker as LoadWorker } from "../testing/testing-load.ts";
import { startTestProxy, type TestProxy } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

interface TestContext {
  after(fn: () => void): void;
}

/** A proxy whose worker and clients live in another thread: what this thread allocates is the proxy's. */
async function proxyUnderLoad(
  context: TestContext,
  way: "http1" | "link" = "http1",
): Promise<TestProxy & { load: (what: Omit<Load, "port">) => Promise<void> }> {
  const proxy = await startTestProxy(context);
  const thread = new Worker(new URL("../testing/testing-load.ts", import.meta.url));
  context.after(() => void thread.terminate());
  const [{ port, link }] = (await once(thread, "message")) as [LoadWorker];
  proxy.table({ workers: [testWorkerRow(port, way === "link" ? { link } : {})] });
  return {
    ...proxy,
    async load(what) {
      thread.postMessage({ port: proxy.port, ...what } satisfies Load, []);
      await once(thread, "message");
    },
  };
}

/** Bytes that this thread has allocated in its heap since its start; undefined: this Node does not count them. */
function allocated(): number | undefined {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes;
}

const counted = allocated() === undefined ? { skip: "this Node does not count what it allocates" } : {};
const connections = 16;
const warmUp = 750;
const requests = 500;
/**
 * It is 2,000 to 2,700 now, by what the compilers have done yet. A small object or closure more does not show; a buffer,
 * or a string for each field, does.
 */
const requestBytesMax = 5_000;

const roundsMax = 20;

/**
 * Bytes of one request: in the first round that keeps to the bound, else in the last. A busy machine compiles late, and
 * what is not compiled yet allocates twice as much; what the proxy's own code allocates is in every round.
 */
async function bytesOfEach(
  load: (what: Omit<Load, "port">) => Promise<void>,
  bytesMax: number,
): Promise<{ each: number; sent: number }> {
  let each = Infinity;
  let round = 0;
  for (; each >= bytesMax && round < roundsMax; round += 1) {
    const before = allocated() ?? 0;
    await load({ connections, requests, stay: false });
    each = ((allocated() ?? 0) - before) / (connections * requests);
  }
  return { each, sent: round * connections * requests };
}

test(`a request allocates less than ${requestBytesMax} bytes`, counted, async (context) => {
  const { proxy, load } = await proxyUnderLoad(context);
  await load({ connections, requests: warmUp, stay: false });
  const { each, sent } = await bytesOfEach(load, requestBytesMax);
  context.diagnostic(`${each.toFixed(0)} bytes`);
  assert.equal(proxy.pool("web").counters.requests, connections * warmUp + sent);
  assert.ok(each < requestBytesMax, `${each.toFixed(0)} bytes`);
});

/** It is about 2,000 now. */
const linkedBytesMax = 5_000;

test(`a request over a link allocates less than ${linkedBytesMax} bytes`, counted, async (context) => {
  const { proxy, load } = await proxyUnderLoad(context, "link");
  await load({ connections, requests: warmUp, stay: false });
  const linkedBefore = proxy.statistics.links.requests;
  const { each, sent } = await bytesOfEach(load, linkedBytesMax);
  context.diagnostic(`${each.toFixed(0)} bytes`);
  assert.equal(proxy.statistics.links.requests - linkedBefore, sent);
  assert.ok(each < linkedBytesMax, `${each.toFixed(0)} bytes`);
});

/** About 4,300 now. A parser of its own would be 1,200 more, a second socket as much. */
const idleBytesMax = 5_200;

test(`an idle client connection holds less than ${idleBytesMax} bytes`, async (context) => {
  const { proxy, load } = await proxyUnderLoad(context);
  await load({ connections, requests: warmUp, stay: false });
  await collectGarbage();
  const before = getHeapStatistics().used_heap_size;
  const many = 1_000;
  for (let open = 0; open < many; open += 100) await load({ connections: 100, requests: 2, stay: true });
  await collectGarbage();
  const each = (getHeapStatistics().used_heap_size - before) / many;
  context.diagnostic(`${each.toFixed(0)} bytes`);
  assert.equal(proxy.statistics.connections.open, many);
  assert.ok(each < idleBytesMax, `${each.toFixed(0)} bytes`);
});
