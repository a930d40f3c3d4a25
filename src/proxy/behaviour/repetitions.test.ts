import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestPeer, TestWorker } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testRoute } from "../testing/testing-table.ts";

const request = (method: string, fields = ""): string =>
  `${method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n${fields}\r\n`;
const attemptOf = (head: string): string | undefined => /^x-skein-attempt: (\S+)\r$/m.exec(head)?.[1];

/** Of each request that comes to any of the workers, its head; it is answered, or its connection is reset. */
function answering(workers: TestWorker[], answers: (nth: number) => boolean): string[] {
  const heads: string[] = [];
  const take = async (peer: TestPeer): Promise<void> => {
    const head = await peer.head().catch(() => undefined);
    if (head === undefined) return;
    if (answers(heads.push(head))) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    else peer.reset();
  };
  for (const worker of workers) worker.onConnection = (peer) => void take(peer);
  return heads;
}

test("a repetition says that it is one", async (t) => {
  const { client, workers } = await proxyWithWorkers(t, 3);
  const heads = answering(workers, (nth) => nth === 2);
  const me = await client();
  me.send(request("GET"));
  assert.equal((await me.message()).body, "ok");
  assert.deepEqual(heads.map(attemptOf), [undefined, "1"]);
});

test("what comes as a repetition is not repeated here, and whoever sent it is told so", async (t) => {
  const { client, workers } = await proxyWithWorkers(t, 3);
  const heads = answering(workers, () => false);
  const me = await client();
  me.send(request("GET", "x-skein-attempt: 1\r\n"));
  assert.match(
    (await me.message()).head,
    /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset\r\n[^]*x-skein-retry: no\r\n/,
  );
  assert.deepEqual(heads.map(attemptOf), ["1"]);
});

test("what was repeated here in vain is not to be repeated before", async (t) => {
  const { client, workers } = await proxyWithWorkers(t, 3);
  const heads = answering(workers, () => false);
  const me = await client();
  me.send(request("GET"));
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-retry: no\r\n/);
  assert.deepEqual(heads.map(attemptOf), [undefined, "1", "2"]);
});

test("what was not repeated may be, before", async (t) => {
  const { client, workers } = await proxyWithWorkers(t, 3);
  answering(workers, () => false);
  const me = await client();
  me.send(request("POST"));
  const { head } = await me.message();
  assert.match(head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown\r\n/);
  assert.doesNotMatch(head, /x-skein-retry/);
});

const keyed: [what: string, route: boolean, fields: string, requests: number][] = [
  ["a route that takes keys, and a key", true, "Idempotency-Key: 7\r\n", 2],
  ["a route that takes keys, and none", true, "", 1],
  ["a key that no route asks for", false, "Idempotency-Key: 7\r\n", 1],
];

for (const [what, idempotencyKey, fields, requests] of keyed) {
  test(`a POST whose worker is lost, ${what}: ${requests === 1 ? "once" : "repeated"}`, async (t) => {
    const { client, workers } = await proxyWithWorkers(t, 3, { routes: [testRoute({ idempotencyKey })] });
    const heads = answering(workers, (nth) => nth === 2);
    const me = await client();
    me.send(request("POST", fields));
    const { head } = await me.message();
    assert.match(head, requests === 1 ? /^HTTP\/1\.1 502 [^]*outcome-unknown/ : /^HTTP\/1\.1 200 /);
    assert.equal(heads.length, requests);
  });
}

test("a service that only fails: its budget is soon gone; one that answers again earns anew", async (t) => {
  const { client, workers, proxy } = await proxyWithWorkers(t, 3);
  let failing = true;
  const heads = answering(workers, () => !failing);
  const me = await client();
  const ask = async (): Promise<string> => {
    me.send(request("GET"));
    return (await me.message()).head;
  };
  let asked = 0;
  while (proxy.statistics.retries.denied === 0) {
    await ask();
    asked += 1;
  }
  assert.ok(heads.length <= asked * 3 && asked < 30, `${heads.length} for ${asked}`);
  const { earned } = proxy.pool("web").budget;
  failing = false;
  await until(async () => (await ask()).startsWith("HTTP/1.1 200 "));
  assert.ok(proxy.pool("web").budget.earned > earned);
});

test("proxies of one gateway share its budget", async (t) => {
  const { proxy } = await proxyWithWorkers(t);
  const { budget } = proxy.pool("web");
  proxy.takeSiblings(1);
  assert.equal(proxy.pool("web").budget, budget);
  proxy.takeSiblings(4);
  const { rules } = proxy.pool("web").budget;
  assert.deepEqual(rules, { ratio: 0.2, reserve: 25, perSecondMin: 2.5 });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}
