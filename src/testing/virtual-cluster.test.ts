import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualCluster } from "./index.ts";

/** Counts how requests end. */
function counting(cluster: VirtualCluster): { answered: number; failed: number } {
  const counts = { answered: 0, failed: 0 };
  cluster.observe({
    wrote: () => {},
    picked: () => {},
    ended: (_proxy, { worker }) =>
      void (worker === undefined ? (counts.failed += 1) : (counts.answered += 1)),
  });
  return counts;
}

test("one leads, every proxy chooses from every worker, requests are answered", async () => {
  const cluster = new VirtualCluster({ workers: 3 });
  await cluster.start();
  const counts = counting(cluster);
  await cluster.time.run(1000);
  assert.equal(cluster.leaders().length, 1);
  for (const proxy of cluster.proxies) assert.deepEqual(proxy.choosable.sort(), ["w1", "w2", "w3"]);
  assert.ok(counts.answered > 50);
  assert.equal(counts.failed, 0);
  assert.deepEqual(cluster.failures, []);
});

test("the leader's death is over within 300 ms, and no request notices", async () => {
  const cluster = new VirtualCluster({ seed: 2 });
  await cluster.start();
  const counts = counting(cluster);
  const first = cluster.leader();
  assert.ok(first !== undefined);
  cluster.killController(first.name);
  await cluster.time.run(300);
  const second = cluster.leader();
  assert.ok(second !== undefined && second !== first);
  await cluster.time.run(5000);
  for (const proxy of cluster.proxies) assert.equal(proxy.choosable.length, 3);
  assert.equal(counts.failed, 0);
});

test("every controller stopped for a minute costs no worker", async () => {
  const cluster = new VirtualCluster({ seed: 3, workers: 5 });
  await cluster.start();
  const counts = counting(cluster);
  for (const { process } of cluster.controllers.values()) process.stop();
  await cluster.time.run(60_000);
  for (const { process } of cluster.controllers.values()) process.continue();
  for (let look = 0; look < 100; look += 1) {
    await cluster.time.run(50);
    for (const proxy of cluster.proxies) assert.equal(proxy.choosable.length, 5);
  }
  assert.equal(counts.failed, 0);
});

test("a killed worker is chosen no more within 50 ms under load, and a new life is", async () => {
  const cluster = new VirtualCluster({ seed: 4, requestEveryMs: 5 });
  await cluster.start();
  const counts = counting(cluster);
  cluster.workers.get("w2")?.kill();
  await cluster.time.run(50);
  for (const proxy of cluster.proxies) assert.deepEqual(proxy.choosable.sort(), ["w1", "w3"]);
  cluster.startWorker("w2");
  await cluster.time.run(1000);
  for (const proxy of cluster.proxies) assert.equal(proxy.choosable.length, 3);
  assert.equal(counts.failed, 0);
});

test("the same seed gives the same run", async () => {
  const run = async (): Promise<string> => {
    const cluster = new VirtualCluster({ seed: 5 });
    const log: string[] = [];
    cluster.observe({
      wrote: ({ atMs, lease }) => log.push(`${atMs} ${lease.holder}`),
      picked: (proxy, worker) => log.push(`${cluster.time.nowMs} ${proxy.name} ${worker}`),
      ended: () => {},
    });
    await cluster.start();
    cluster.leader()?.kill();
    await cluster.time.run(3000);
    return log.join("\n");
  };
  const once = await run();
  assert.ok(once.length > 1000);
  assert.equal(await run(), once);
});
