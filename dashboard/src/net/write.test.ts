import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { type Outcome, outcomeOf } from "./write.ts";

async function asked(t: TestContext, answer: (response: ServerResponse) => void): Promise<Outcome> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return outcomeOf((signal) => fetch(url, { method: "POST", signal }), 200);
}

test("a write without an answer in time is of unknown outcome, and so is one that was cut", async (t) => {
  const late = await asked(t, () => {});
  assert.deepEqual(
    [late.kind, "why" in late && /^No answer within 0.2 s: it may be done or not/.test(late.why)],
    ["unknown", true],
  );
  assert.equal((await asked(t, (response) => response.destroy())).kind, "unknown");
});

test("what was refused says why, in whatever form it was refused", async (t) => {
  const told = await asked(t, (response) => response.writeHead(409).end('{"detail":"it has left"}'));
  assert.deepEqual(told, { kind: "refused", why: "it has left" });
  assert.deepEqual(await asked(t, (response) => response.writeHead(502).end("<html>")), {
    kind: "refused",
    why: "refused: 502",
  });
  assert.deepEqual(await asked(t, (response) => response.writeHead(204).end()), { kind: "done" });
});
