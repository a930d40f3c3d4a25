import assert from "node:assert/strict";
import { test } from "node:test";
import { collectGarbage } from "../testing/testing-garbage.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";

test("a worker that left the table is forgotten with its last request", async (context) => {
  const { client, workers, table, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  const worker = await workers[0]!.connection();
  await worker.take("ab");
  const held = new WeakRef([...proxy.pool("web").workers.values()][0]!);
  table({ workers: [] });
  me.send("cd");
  await worker.take("cd");
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  assert.equal((await me.message()).body, "ok");
  await worker.gone();
  // The client's connection stays, and so does all that the proxy keeps of it.
  for (let times = 0; times < 20 && held.deref() !== undefined; times += 1) await collectGarbage();
  assert.equal(held.deref(), undefined);
});
