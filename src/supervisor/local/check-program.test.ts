import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { checkProgram } from "./check-program.ts";
import { anyFreePort } from "./free-port.ts";

async function listening(t: TestContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("nobody listens: not well", async () => {
  const port = await anyFreePort();
  assert.equal(await checkProgram(port, undefined), false);
  assert.equal(await checkProgram(port, "/healthz"), false);
});

test("by TCP: whoever accepts is well; by HTTP: whoever answers below 400", async (t) => {
  const port = await listening(t, (request, response) => {
    response.statusCode = request.url === "/healthz" ? 204 : 500;
    response.end();
  });
  assert.equal(await checkProgram(port, undefined), true);
  assert.equal(await checkProgram(port, "/healthz"), true);
  assert.equal(await checkProgram(port, "/other"), false);
});

test("accepts and never answers, or never ends its head: not well", async (t) => {
  const port = await listening(t, () => undefined);
  assert.equal(await checkProgram(port, "/healthz"), false);
});
