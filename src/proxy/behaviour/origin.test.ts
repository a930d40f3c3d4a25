import assert from "node:assert/strict";
import { test } from "node:test";
import { plainAddress, TrustedPeers } from "../peer.ts";
import type { RateLimit } from "../../protocol/configuration.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testWorkerRow } from "../testing/testing-table.ts";

const spoofed =
  "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Request-Id: mine\r\n\r\n";

test("what a stranger says about its origin is overwritten", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(spoofed);
  const head = await (await workers[0]!.connection()).head();
  assert.match(head, /X-Forwarded-For: 127\.0\.0\.1\r\n/);
  assert.match(head, /X-Forwarded-Proto: http\r\n/);
  assert.match(head, /X-Request-Id: test-1\r\n/);
  assert.doesNotMatch(head, /9\.9\.9\.9|https|mine/);
});

test("what a trusted proxy says stays, and ours comes after it", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, {
    proxy: { trustedProxies: ["127.0.0.0/8"] },
  });
  const me = await client();
  me.send(spoofed);
  const head = await (await workers[0]!.connection()).head();
  assert.match(head, /X-Forwarded-For: 9\.9\.9\.9, 127\.0\.0\.1\r\n/);
  assert.match(head, /X-Forwarded-Proto: https\r\n/);
  assert.match(head, /X-Request-Id: mine\r\n/);
});

test("who is trusted no more is a stranger from its next request on, and the other way round", async (context) => {
  const { client, workers, table } = await proxyWithWorkers(context);
  const workersNow = [testWorkerRow(workers[0]!.port)];
  const me = await client();
  const told: (string | undefined)[] = [];
  for (const trustedProxies of [[], ["127.0.0.0/8"], ["127.0.0.1"], []]) {
    table({ proxy: { trustedProxies }, workers: workersNow });
    me.send(spoofed);
    const worker = workers[0]!.connections[0] ?? (await workers[0]!.connection());
    told.push(/X-Forwarded-For: (.*)/.exec(await worker.head())?.[1]);
    worker.send("HTTP/1.1 204 No Content\r\n\r\n");
    await me.head();
  }
  assert.deepEqual(told, ["127.0.0.1", "9.9.9.9, 127.0.0.1", "9.9.9.9, 127.0.0.1", "127.0.0.1"]);
});

const behind: [what: string, named: string[], client: string][] = [
  ["nobody named", [], "127.0.0.1"],
  ["one", ["203.0.113.1"], "203.0.113.1"],
  ["what a client itself wrote before the proxy in front", ["9.9.9.9, 203.0.113.1"], "203.0.113.1"],
  ["two proxies in front", ["9.9.9.9, 203.0.113.1, 10.1.2.3"], "203.0.113.1"],
  ["the same, a line each", ["9.9.9.9", "203.0.113.1", "10.1.2.3"], "203.0.113.1"],
  ["a client that is trusted itself", ["10.0.0.9 ,\t10.1.2.3"], "10.0.0.9"],
  ["an address of IPv6", ["2001:db8::1"], "2001:db8::1"],
  ["one of IPv4 within IPv6", ["::ffff:203.0.113.1, ::ffff:10.1.2.3"], "203.0.113.1"],
  ["no address", ["203.0.113.1, unknown"], "127.0.0.1"],
  ["a port", ["9.9.9.9:1, 203.0.113.1:80, 10.1.2.3:65535"], "203.0.113.1"],
  ["a port behind an address of IPv6", ["[2001:db8::1]:80"], "2001:db8::1"],
  ["an address of IPv6 in brackets", ["[::ffff:203.0.113.1]"], "203.0.113.1"],
  ["a port and no address", ["203.0.113.1, :80"], "127.0.0.1"],
  ["no port", ["203.0.113.1:http"], "127.0.0.1"],
  ["an empty one", ["203.0.113.1,"], "127.0.0.1"],
  ["more proxies than can be", [`9.9.9.9${", 10.0.0.1".repeat(1_000)}`], "10.0.0.1"],
];
for (const [what, named, client] of behind) {
  test(`whom a trusted proxy asks for: ${what}`, async (context) => {
    const test = await proxyWithWorkers(context);
    test.table({ routes: [], proxy: { trustedProxies: ["127.0.0.1", "10.0.0.0/8"] } });
    const me = await test.client();
    const fields = named.map((value) => `X-Forwarded-For: ${value}\r\n`).join("");
    me.send(`GET / HTTP/1.1\r\nHost: x\r\n${fields}\r\n`);
    assert.match((await me.message()).head, /^HTTP\/1\.1 404 /);
    assert.deepEqual(
      test.proxy.requestLog.find({ limit: 2 }).map((record) => record.client),
      [client],
    );
  });
}

test("a stranger asks for itself, whomever it names", async (context) => {
  const { client, table, proxy } = await proxyWithWorkers(context);
  table({ routes: [] });
  const me = await client();
  me.send(spoofed);
  await me.message();
  assert.deepEqual(
    proxy.requestLog.find({ limit: 2 }).map((record) => record.client),
    ["127.0.0.1"],
  );
});

test("clients behind one trusted proxy have a bucket each", async (context) => {
  const { client, table, worker } = await startTestProxy(context);
  const { port } = (await worker()).answerAll("ok");
  const rateLimit: RateLimit = { requests: 1, perMs: 60_000, burst: 1, key: { from: "address" } };
  table({
    proxy: { trustedProxies: ["127.0.0.1"] },
    routes: [testRoute({ rateLimit })],
    workers: [testWorkerRow(port)],
  });
  const me = await client();
  const statuses: (string | undefined)[] = [];
  for (const address of ["203.0.113.1", "203.0.113.2", "203.0.113.1"]) {
    me.send(`GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`);
    statuses.push((await me.message()).head.split(" ")[1]);
  }
  assert.deepEqual(statuses, ["200", "200", "429"]);
});

test("ranges of both families, single addresses, and IPv4 within IPv6", () => {
  const peers = new TrustedPeers(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]);
  const trusts = (address: string): boolean => peers.trusts(plainAddress(address));
  assert.deepEqual(
    ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "192.0.2.7", "192.0.2.8", "11.0.0.1", "::1"].map(trusts),
    [true, true, true, true, false, false, false],
  );
  assert.equal(new TrustedPeers([]).trusts("127.0.0.1"), false);
});
