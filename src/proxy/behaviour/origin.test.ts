import assert from "node:assert/strict";
import { test } from "node:test";
import { plainAddress, TrustedPeers } from "../peer.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

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

test("ranges of both families, single addresses, and IPv4 within IPv6", () => {
  const peers = new TrustedPeers(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]);
  const trusts = (address: string): boolean => peers.trusts(plainAddress(address));
  assert.deepEqual(
    ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "192.0.2.7", "192.0.2.8", "11.0.0.1", "::1"].map(trusts),
    [true, true, true, true, false, false, false],
  );
  assert.equal(new TrustedPeers([]).trusts("127.0.0.1"), false);
});
