import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { join } from "./join.ts";
import type { JoinedWorker } from "./joined-worker.ts";
import { LinkDialer } from "./link/testing-dialer.ts";
import { Log } from "./link/testing-service.ts";
import type { JoinOptions } from "./options.ts";
import { TestingController } from "./testing-controller.ts";

interface Joined {
  controller: TestingController;
  server: Server;
  worker: JoinedWorker;
  dialer: LinkDialer;
}

async function serving(t: TestContext, handle: RequestListener): Promise<[TestingController, Server]> {
  const controller = await TestingController.start();
  t.after(async () => controller.close());
  const server = createServer(handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return [controller, server];
}

/** A worker, and a proxy's end of its link, as the registration tells it. */
async function joined(t: TestContext, handle: RequestListener): Promise<Joined> {
  const [controller, server] = await serving(t, handle);
  const options: JoinOptions = { control: controller.url, drainOnSigterm: false, waitMs: 10_000 };
  const worker = await join(server, "orders", options);
  t.after(async () => worker.leave());
  const { link } = await controller.hear("hello");
  assert.ok(link !== undefined);
  const dialer = await LinkDialer.dial(link);
  t.after(() => dialer.close());
  return { controller, server, worker, dialer };
}

async function refused(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  return new Promise((resolve) => {
    socket.on("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.on("error", () => resolve(true));
  });
}

test("every session of a worker tells the same link; a new life tells another", async (t) => {
  const { controller, server, worker } = await joined(t, (_request, response) => response.end());
  await controller.until(() => controller.heard.filter(({ frame }) => frame.t === "hello").length > 1);
  const links = (): string[] =>
    controller.heard.flatMap(({ frame }) => (frame.t === "hello" ? [JSON.stringify(frame.link)] : []));
  assert.equal(new Set(links()).size, 1);
  await worker.leave();
  const again = await join(server, "orders", { control: controller.url, drainOnSigterm: false });
  t.after(async () => again.leave());
  assert.equal(new Set(links()).size, 2);
});

test("without a link where none is wanted, or none can be", async (t) => {
  const [controller, server] = await serving(t, (_request, response) => response.end());
  const options = { control: controller.url, drainOnSigterm: false };
  const workers = await Promise.all([
    join(server, "not-wanted", { ...options, link: false }),
    join(server, "mapped", { ...options, port: 80 }),
  ]);
  t.after(async () => Promise.all(workers.map(async (worker) => worker.leave())));
  for (const service of ["not-wanted", "mapped"]) {
    assert.equal((await controller.hear("hello", (hello) => hello.service === service)).link, undefined);
  }
});

test("leave: what is under way on a link is answered, what still comes as well; then the link ends", async (t) => {
  const log = new Log();
  const { controller, worker, dialer } = await joined(t, (request, response) => {
    log.add("begun", request.url);
    if (request.url === "/held") void log.until("free").then(() => response.end("held"));
    else response.end("quick");
  });
  const held = dialer.get("/held");
  await controller.hear("beat", (beat) => beat.load.inFlight === 1);
  const left = worker.leave();
  await dialer.until(() => dialer.draining);
  assert.ok(controller.kinds.includes("drain"));
  // Of a proxy that has not heard it yet.
  assert.match(await dialer.post("/late", "x").whole(), /quick$/);
  assert.equal(dialer.closed, false);
  log.add("free");
  assert.match(await held.whole(), /held$/);
  await left;
  await dialer.until(() => false);
  assert.equal(dialer.closed, true);
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("server.close() waits for what is under way on a link, and calls back when it is answered", async (t) => {
  const log = new Log();
  const { controller, server, dialer } = await joined(t, (request, response) => {
    log.add("begun", request.url);
    void log.until("free").then(() => response.end("held"));
  });
  const held = dialer.get("/held");
  await log.until("begun /held");
  let isClosed = false;
  server.close(() => (isClosed = true));
  await controller.hear("drain");
  await dialer.until(() => dialer.draining);
  assert.equal(isClosed, false);
  log.add("free");
  const closed = once(server, "close");
  assert.match(await held.whole(), /held$/);
  await closed;
  assert.equal(isClosed, true);
  await dialer.until(() => false);
});

test("a worker that is refused takes no links", async (t) => {
  const [controller, server] = await serving(t, (_request, response) => response.end());
  controller.refusal = { t: "refused", code: "invalid", detail: "no", final: true, retryAfterMs: 0 };
  await assert.rejects(join(server, "orders", { control: controller.url, drainOnSigterm: false }));
  const { link } = await controller.hear("hello");
  assert.equal(await refused(link?.port ?? 0), true);
});
