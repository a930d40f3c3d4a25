import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSilent, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { unhurried } from "../core/health/inquiry.ts";
import { systemClock } from "../runtime/clock.ts";
import { LinkListener } from "../worker/link/link-listener.ts";
import { newSharedLoad, sharedLoadIn } from "../worker/shared-load.ts";
import { netProber, type ProbeResult, type ProbeTarget, type Question } from "./probe.ts";

const get: Question = { kind: "http", method: "GET", path: "/healthz" };
const connect: Question = { kind: "connect" };
/** No listener: whoever asks there has not asked at the link's port. */
const nowhere = { host: "127.0.0.1", port: 1 };

const ask = (target: ProbeTarget, question: Question, withinMs = 5_000): Promise<ProbeResult> =>
  netProber(systemClock)(target, question, unhurried(withinMs));

async function worker(t: TestContext) {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push([request.url, request.headers.host, request.socket.localPort]);
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const listener = LinkListener.at(server, "requests", sharedLoadIn(newSharedLoad()), systemClock);
  assert.ok(listener !== undefined);
  t.after(() => {
    listener.close();
    server.close();
  });
  return { link: listener.address, asked };
}

test("a worker on another host is asked where its requests go, encrypted, and by the name of its own port", async (t) => {
  const { link, asked } = await worker(t);
  const target = { ...nowhere, sealedBy: link };
  assert.deepEqual(await ask(target, get), { kind: "answered", status: 204 });
  assert.deepEqual(await ask(target, connect), { kind: "connected" });
  assert.deepEqual(asked, [["/healthz", "127.0.0.1:1", link.port]]);
});

test("who does not know the key gives no answer", async (t) => {
  const { link, asked } = await worker(t);
  const target = { ...nowhere, sealedBy: { ...link, key: "0".repeat(64) } };
  assert.deepEqual(await ask(target, get), { kind: "silent" });
  assert.deepEqual(asked, []);
});

test("a process that is stopped takes connections and answers nothing; nobody there takes none", async () => {
  const taken: Socket[] = [];
  const stopped = createSilent((socket) => void taken.push(socket.on("error", () => undefined)));
  stopped.listen(0, "127.0.0.1");
  await once(stopped, "listening");
  const { port } = stopped.address() as AddressInfo;
  const target = { ...nowhere, sealedBy: { port, key: "5".repeat(64) } };
  assert.deepEqual(await ask(target, connect), { kind: "connected" });
  assert.deepEqual(await ask(target, get, 50), { kind: "silent" });
  stopped.close();
  for (const socket of taken) socket.destroy();
  await once(stopped, "close");
  for (const question of [connect, get]) assert.deepEqual(await ask(target, question), { kind: "refused" });
});
