import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { defaultId } from "../../src/worker/options.ts";
import { TestingController } from "../../src/worker/testing-controller.ts";
import { get, node, WorkerProcess } from "./worker-process.ts";

const app = (name: string): string => pathOf(import.meta.dirname, "worker-apps", name);
const auto = [...node, "--import", "skein/auto"];

async function controllerFor(t: TestContext): Promise<TestingController> {
  const controller = await TestingController.start();
  t.after(async () => controller.close());
  return controller;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("an unchanged program joins under the name of its package, and drains on SIGTERM", async (t) => {
  const controller = await controllerFor(t);
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: { SKEIN_CONTROL: controller.url },
  });
  const [, port] = await program.line(/got (\d+)/);
  const hello = await controller.hear("hello");
  assert.deepEqual([hello.service, hello.address], ["skein", `127.0.0.1:${port}`]);
  program.child.kill("SIGTERM");
  assert.deepEqual(await program.exited, { code: 0, signal: null });
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("two servers in one process: the first joins", async (t) => {
  const controller = await controllerFor(t);
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: { SKEIN_CONTROL: controller.url, SKEIN_SERVICE: "orders", PORTS: "0,0" },
  });
  await controller.hear("beat");
  assert.equal(controller.lives.length, 1);
  const [, first] = await program.line(/got (\d+)/);
  assert.equal(controller.lives[0]?.address, `127.0.0.1:${first}`);
});

test("two servers in one process: with SKEIN_PORT the one that listens there joins", async (t) => {
  const controller = await controllerFor(t);
  const port = await freePort();
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: {
      SKEIN_CONTROL: controller.url,
      SKEIN_SERVICE: "orders",
      PORTS: `0,${port}`,
      SKEIN_PORT: String(port),
    },
  });
  await program.line(new RegExp(`got ${port}`));
  await controller.hear("beat");
  assert.deepEqual(
    controller.lives.map(({ service, address }) => [service, address]),
    [["orders", `127.0.0.1:${port}`]],
  );
});

test("children by fork and threads inherit --import, and join nothing", async (t) => {
  const controller = await controllerFor(t);
  const program = new WorkerProcess(t, [...auto, app("forking.ts")], {
    env: { SKEIN_CONTROL: controller.url },
  });
  await program.line(/^thread online/);
  // The forked child and the thread each say where they listen; a join would follow within a few beats.
  const listening = async (): Promise<void> => {
    while (program.lines.filter((line) => line.startsWith("asked")).length < 2) {
      await once(program.child.stdout ?? program.child, "data");
    }
  };
  await listening();
  const { seq } = await controller.hear("beat");
  await controller.hear("beat", (beat) => beat.seq >= seq + 3);
  assert.equal(controller.lives.length, 1);
  program.child.kill("SIGTERM");
  await program.exited;
});

test("by NODE_OPTIONS: the program joins, its children do not", async (t) => {
  const controller = await controllerFor(t);
  const program = new WorkerProcess(t, [process.execPath, app("forking.ts")], {
    env: { SKEIN_CONTROL: controller.url, NODE_OPTIONS: "--conditions=skein-source --import skein/auto" },
  });
  const [, parent] = await program.line(/^parent (\d+)/);
  assert.ok(Number(parent) > 0);
  const { seq } = await controller.hear("beat");
  await controller.hear("beat", (beat) => beat.seq >= seq + 3);
  assert.equal(controller.lives.length, 1);
  program.child.kill("SIGTERM");
  await program.exited;
});

for (const given of ["", "box"]) {
  test(`cluster: the primary joins nothing, each cluster worker joins with an id of its own: ${given || "none"} given`, async (t) => {
    const controller = await controllerFor(t);
    const program = new WorkerProcess(t, [...auto, app("clustered.ts")], {
      env: { SKEIN_CONTROL: controller.url, SKEIN_SERVICE: "orders", SKEIN_ID: given },
    });
    const children = [await program.line(/^child (\d+)/), await program.line(/^child (\d+)/)];
    assert.equal(children.length, 2);
    await controller.until(() => controller.lives.length === 2);
    const [one, two] = controller.lives;
    assert.equal(one?.address, two?.address);
    const id = given || defaultId(Number(one?.address.split(":").at(-1)));
    assert.deepEqual(new Set([one?.id, two?.id]), new Set([`${id}-w1`, `${id}-w2`]));
  });
}

test("a program that calls `join` itself keeps what it said", async (t) => {
  const controller = await controllerFor(t);
  const program = new WorkerProcess(t, [...auto, app("own-join.ts")], {
    env: { SKEIN_CONTROL: controller.url },
  });
  await program.line(/^joined own-name/);
  await controller.hear("beat");
  assert.deepEqual(
    controller.lives.map(({ service }) => service),
    ["own-name"],
  );
});

test("under skein dev a fixed port is replaced, and SKEIN_PORT still names the port of the program's text", async (t) => {
  const controller = await controllerFor(t);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: { SKEIN_CONTROL: controller.url, SKEIN_DEV: "1", PORTS: `0,${port}`, SKEIN_PORT: String(port) },
  });
  const [, got] = await program.line(new RegExp(`asked ${port} got (\\d+)`));
  const hello = await controller.hear("hello");
  assert.notEqual(Number(got), port);
  assert.equal(hello.address, `127.0.0.1:${got}`);
  assert.equal((await get(`http://127.0.0.1:${got}/`)).status, 200);
});

test("a program whose server is not the one that was wanted is told so, and serves on", async (t) => {
  const controller = await controllerFor(t);
  const wanted = await freePort();
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: { SKEIN_CONTROL: controller.url, PORTS: "0", SKEIN_PORT: String(wanted) },
  });
  const [, got] = await program.line(/got (\d+)/);
  const [told] = await program.line(/skein-not-listening.*/, program.errors);
  assert.match(told, new RegExp(`at SKEIN_PORT \\(${wanted}\\) .* but at ${got}:`));
  assert.equal((await get(`http://127.0.0.1:${got}/`)).status, 200);
  assert.deepEqual(controller.kinds, []);
});

test("SKEIN_AUTO=off: nothing happens", async (t) => {
  const controller = await controllerFor(t);
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: { SKEIN_CONTROL: controller.url, SKEIN_AUTO: "off" },
  });
  const [, port] = await program.line(/got (\d+)/);
  assert.equal((await get(`http://127.0.0.1:${port}/`)).status, 200);
  program.child.kill("SIGTERM");
  assert.deepEqual(await program.exited, { code: null, signal: "SIGTERM" });
  assert.equal(controller.sessions.length, 0);
});

test("refused: the program is told, and serves on", async (t) => {
  const controller = await controllerFor(t);
  controller.refusal = {
    t: "refused",
    code: "unauthorized",
    detail: "no token",
    final: true,
    retryAfterMs: 0,
  };
  const program = new WorkerProcess(t, [...auto, app("server.ts")], {
    env: { SKEIN_CONTROL: controller.url },
  });
  const [, port] = await program.line(/got (\d+)/);
  await program.line(/skein-not-joined.*unauthorized.*no token/, program.errors);
  assert.equal((await get(`http://127.0.0.1:${port}/`)).status, 200);
});
