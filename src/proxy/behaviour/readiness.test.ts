import assert from "node:assert/strict";
import { test } from "node:test";
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
