import assert from "node:assert/strict";
import { test } from "node:test";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("one exchange serves one client after the other, and none two at once", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok");
  const [first, second] = [await client(), await client()];
  for (const one of [first, second, first]) {
    one.send(get);
    assert.equal((await one.message()).body, "ok");
  }
  const nobody = {} as Parameters<typeof proxy.exchanges.take>[0];
  const idle = proxy.exchanges.take(nobody);
  const made = proxy.exchanges.take(nobody);
  assert.notEqual(idle, made);
  proxy.exchanges.giveBack(made);
  assert.equal(proxy.exchanges.take(nobody), made);
});
