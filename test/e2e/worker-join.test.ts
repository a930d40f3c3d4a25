import assert from "node:assert/strict";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { TestingController } from "../../src/worker/testing-controller.ts";
import { get, node, WorkerProcess } from "./worker-process.ts";

const app = pathOf(import.meta.dirname, "worker-apps", "joined.ts");

async function start(t: TestContext, env: Record<string, string> = {}) {
  const controller = await TestingController.start();
  t.after(async () => controller.close());
  const process = new WorkerProcess(t, [...node, app], { env: { SKEIN_CONTROL: controller.url, ...env } });
  return { controller, process };
}

async function started(t: TestContext, env: Record<string, string> = {}) {
  const parts = await start(t, env);
  const [, port] = await parts.process.line(/^port (\d+)$/);
  return { ...parts, url: `http://127.0.0.1:${port}/` };
}

/** For a proxy's late choice: within half a second of SIGTERM a busy machine has no time for a new one. */
async function openConnection(url: string): Promise<void> {
  await get(url);
}

test("a blocked event loop is told while it is blocked, and its end after", async (t) => {
  const { controller, process } = await started(t);
  // The watch thread has taken over from the first contact: it looks from now on.
  await controller.until(() => controller.sessions.length > 1 && controller.open.length === 1);
  process.child.send(1200);
  const { ageMs } = await controller.hear("blocked");
  // More than 300 ms, told in whole ones.
  assert.ok(ageMs >= 300 && ageMs < 1200, `told at an age of ${ageMs} ms`);
  await controller.hear("unblocked");
  const kinds = controller.heard.map(({ frame }) => frame.t);
  const between = kinds.slice(kinds.indexOf("blocked"), kinds.indexOf("unblocked"));
  assert.ok(between.includes("beat"), "the lease is renewed all the while");
  assert.ok(between.filter((kind) => kind === "blocked").length > 1, "told repeatedly");
});

test("pings are answered while the event loop is blocked", async (t) => {
  const { controller, process } = await started(t);
  process.child.send(60_000);
  await controller.hear("blocked");
  // The newest session is the watch thread's: it has replaced the first contact.
  controller.open.at(-1)?.send({ t: "ping", n: 3 });
  await controller.hear("pong", (pong) => pong.n === 3);
});

test("joins while its main thread is busy starting, and says that it is blocked", async (t) => {
  const { controller } = await start(t, { BUSY_START_MS: "60000" });
  await controller.hear("hello");
  await controller.hear("blocked");
});

test("SIGTERM: drain, then the requests in flight, then goodbye, then exit 0", async (t) => {
  const { controller, process, url } = await started(t);
  const upload = new TransformStream<Uint8Array>();
  const slow = get(url, { method: "POST", body: upload.readable, duplex: "half" });
  const sending = upload.writable.getWriter();
  void sending.write(Buffer.from("beginning"));
  await controller.hear("beat", (beat) => beat.load.inFlight === 1);
  await openConnection(url);
  let late: Promise<{ status: number; body: string }> | undefined;
  controller.beforeDraining = async () => {
    // Chosen by a proxy that has not heard yet.
    late = get(url);
    await late;
  };
  process.child.kill("SIGTERM");
  await controller.hear("drain");
  assert.match((await late)?.body ?? "", /^answer of/);
  assert.deepEqual(controller.kinds, ["hello", "drain"]);
  await sending.close();
  assert.match((await slow).body, /^answer of/);
  assert.deepEqual(await process.exited, { code: 0, signal: null });
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("SIGTERM with a controller that does not answer (stopped): goes on after half a second", async (t) => {
  const { controller, process } = await started(t);
  controller.beforeDraining = async () => new Promise(() => undefined);
  process.child.kill("SIGTERM");
  assert.deepEqual(await process.exited, { code: 0, signal: null });
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("the user's own SIGTERM handler runs as ever, and decides the exit; its server.close() is drained first", async (t) => {
  const { controller, process, url } = await started(t, { OWN_HANDLER: "on" });
  await process.line(/^sigterm listeners 2$/);
  await openConnection(url);
  let late: Promise<{ status: number; body: string }> | undefined;
  controller.beforeDraining = async () => {
    late = get(url);
    await late;
  };
  process.child.kill("SIGTERM");
  assert.deepEqual(await process.exited, { code: 7, signal: null });
  assert.deepEqual(process.lines.slice(-2), ["own handler", "own close: done"]);
  assert.match((await late)?.body ?? "", /^answer of/);
  assert.equal(controller.kinds[1], "drain");
});

test("killed: the session ends at once and without goodbye", async (t) => {
  const { controller, process } = await started(t);
  process.child.kill("SIGKILL");
  await controller.until(() => controller.open.length === 0);
  assert.deepEqual(controller.kinds, ["hello"]);
});

test("an id that a newer process took: the older one is refused, says so, and serves on", async (t) => {
  const { controller, process, url } = await started(t);
  controller.refusal = {
    t: "refused",
    code: "generation-old",
    detail: "a newer life of orders/x has joined",
    final: true,
    retryAfterMs: 0,
  };
  for (const session of controller.open) session.destroy();
  await process.line(/skein-refused.*generation-old.*a newer life/, process.errors);
  assert.equal((await get(url)).status, 200);
});
