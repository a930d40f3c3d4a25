import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connectTo } from "../testing/testing-peers.ts";
import { startTestProxy } from "../testing/testing-proxy.ts";

test("asked whether it serves, a gateway says no until who lives is known, and yes from then on", async (context) => {
  const { client, table } = await startTestProxy(context);
  const ask = async (): Promise<string> => {
    const me = await client();
    me.send("OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n");
    const { head } = await me.message();
    return `${head.slice(9, 12)} ${/x-skein-reason: (\S+)/i.exec(head)?.[1]}`;
  };
  assert.equal(await ask(), "503 not-ready");
  table({ table: { settled: false } });
  assert.equal(await ask(), "503 not-ready");
  table({ table: { settled: true } });
  assert.equal(await ask(), "200 last-hop");
  // A controller that has just begun does not make the proxy forget what it knows.
  table({ table: { settled: false } });
  assert.equal(await ask(), "200 last-hop");
});

test("at a door that only sends on to https as well: the question is answered, everything else sent on", async (context) => {
  const test = await startTestProxy(context);
  const proxy = { receptions: { door: { kind: "redirect", port: 443 } as const } };
  test.table({ proxy, table: { settled: false } });
  const server = await test.proxy.listen({ host: "127.0.0.1", port: 0 }, "door");
  const ask = async (request: string): Promise<string> => {
    const me = await connectTo((server.address() as AddressInfo).port);
    context.after(() => me.close());
    me.send(request);
    return (await me.message()).head.slice(9, 12);
  };
  const whetherItServes = "OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n";
  assert.equal(await ask(whetherItServes), "503");
  test.table({ proxy });
  assert.equal(await ask(whetherItServes), "200");
  assert.equal(await ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), "308");
  assert.equal(await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "308");
});
