import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { startTestProxy } from "./testing-proxy.ts";
import { testWorkerRow } from "./testing-table.ts";

/** Bytes that this thread has allocated in its heap since its start; undefined: this Node does not count them. */
function allocated(): number | undefined {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes;
}

const warmUp = 12_000;
const requests = 8_000;
/** It is 2,000 to 2,700 now, by what the compilers have done yet. A small object or closure more does not show; a buffer, or a string for each field, does. */
const bytesPerRequestMax = 5_000;

const counted = allocated() === undefined ? { skip: "this Node does not count what it allocates" } : {};

test(`a request allocates less than ${bytesPerRequestMax} bytes`, counted, async (context) => {
  const { proxy, port, table } = await startTestProxy(context);
  const load = new Worker(new URL("testing-load.ts", import.meta.url));
  context.after(() => load.terminate());
  const [workerPort] = (await once(load, "message")) as [number];
  table({ workers: [testWorkerRow(workerPort)] });
  const send = async (count: number): Promise<void> => {
    load.postMessage({ port, requests: count }, []);
    await once(load, "message");
  };
  await send(warmUp);
  const before = allocated() ?? 0;
  await send(requests);
  const perRequest = ((allocated() ?? 0) - before) / requests;
  context.diagnostic(`${perRequest.toFixed(0)} bytes`);
  assert.equal(proxy.pool("web").counters.requests, warmUp + requests);
  assert.ok(perRequest < bytesPerRequestMax, `${perRequest.toFixed(0)} bytes`);
});
