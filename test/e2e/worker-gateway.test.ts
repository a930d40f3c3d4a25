import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { join } from "../../src/worker/index.ts";
import { eventually, TestGateway } from "./harness.ts";
import { get, node, WorkerProcess } from "./worker-process.ts";

const examples = pathOf(import.meta.dirname, "..", "..", "examples");
const apps = pathOf(import.meta.dirname, "worker-apps");

async function gatewayFor(t: TestContext): Promise<TestGateway> {
  return TestGateway.start(t, { configuration: { routes: { "/": "orders" }, proxies: 1 } });
}

/** What the gateway answers, once `fits` holds. */
async function answerOf(
  url: string,
  fits: (answer: { status: number; body: string }) => boolean,
  init?: RequestInit,
) {
  let last = "nothing";
  return eventually(
    async () => {
      const answer = await get(url, init);
      last = `${answer.status} ${answer.body}`;
      return fits(answer) ? answer : undefined;
    },
    () => `the answer; last: ${last}`,
  );
}

/** State of each worker, as the control API tells it. */
async function workersOf(gateway: TestGateway): Promise<{ id: string; state: string; session: boolean }[]> {
  const { body } = await get(`${gateway.controlUrl}/v1/workers`);
  return (JSON.parse(body) as { workers: { id: string; state: string; session: boolean }[] }).workers;
}

test("the examples serve through a gateway and end politely", async (t) => {
  const gateway = await gatewayFor(t);
  for (const name of ["node-http", "express", "fastify", "hono", "koa"]) {
    await t.test(name, async (t) => {
      const worker = new WorkerProcess(t, [...node, pathOf(examples, `${name}.js`)], {
        env: { SKEIN_CONTROL: gateway.controlUrl },
      });
      await worker.line(/ joined$/);
      const hello = `"hello":"${name.replace("-", ":")}"`;
      await answerOf(`${gateway.url}/`, ({ status, body }) => status === 200 && body.includes(hello));
      if (["express", "fastify", "hono"].includes(name)) {
        const order = { method: "POST", body: '{"tea":2}', headers: { "content-type": "application/json" } };
        const { status, body } = await get(`${gateway.url}/orders`, order);
        assert.deepEqual([status, body], [201, '{"ordered":{"tea":2}}']);
      }
      worker.child.kill("SIGTERM");
      assert.deepEqual(await worker.exited, { code: 0, signal: null });
    });
  }
  await t.test("unchanged, by skein/auto", async (t) => {
    const worker = new WorkerProcess(
      t,
      [...node, "--import", "skein/auto", pathOf(examples, "unchanged.js")],
      {
        env: { SKEIN_CONTROL: gateway.controlUrl, SKEIN_SERVICE: "orders", PORT: "0" },
      },
    );
    await answerOf(`${gateway.url}/`, ({ body }) => body.includes('"hello":"unchanged"'));
    worker.child.kill("SIGTERM");
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
  });
});

test("two workers end one after the other under load: no request fails", async (t) => {
  const gateway = await gatewayFor(t);
  const start = async (id: string): Promise<WorkerProcess> => {
    const worker = new WorkerProcess(t, [...node, pathOf(apps, "joined.ts")], {
      env: { SKEIN_CONTROL: gateway.controlUrl, SKEIN_ID: id },
    });
    await eventually(
      async () => (await workersOf(gateway)).find((one) => one.id === id && one.state === "live"),
      () => `${id} live`,
    );
    return worker;
  };
  const first = await start("one");
  const answers: { status: number; body: string }[] = [];
  const over = new AbortController();
  const load = (async () => {
    while (!over.signal.aborted)
      answers.push(await get(`${gateway.url}/?ms=5`, { method: "POST", body: "x" }));
  })();
  let last = first;
  for (const id of ["two", "three"]) {
    const next = await start(id);
    last.child.kill("SIGTERM");
    assert.deepEqual(await last.exited, { code: 0, signal: null });
    last = next;
  }
  over.abort();
  await load;
  assert.ok(answers.length > 10);
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  );
});

test("every controller is killed: the worker is back in the registry, and requests are answered all the while", async (t) => {
  const gateway = await gatewayFor(t);
  const server = createServer((_request, response) => response.end("here"));
  server.listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const worker = await join(server, "orders", { control: gateway.controlUrl, drainOnSigterm: false });
  t.after(async () => worker.leave());
  await answerOf(`${gateway.url}/`, ({ status }) => status === 200);
  const before = (await gateway.status()).children.filter(({ role }) => role === "controller");
  for (const { pid } of before) process.kill(pid, "SIGKILL");
  const answers: number[] = [];
  await eventually(
    async () => {
      answers.push((await get(`${gateway.url}/`)).status);
      const { children } = await gateway.status();
      const fresh = children.filter(({ role, state, pid }) => {
        return role === "controller" && state === "ready" && !before.some((old) => old.pid === pid);
      });
      if (fresh.length < 2) return undefined;
      const [found] = await workersOf(gateway).catch(() => []);
      return found?.state === "live" && found.session && worker.sessions === 2 ? found : undefined;
    },
    () => `${worker.id} live again; sessions: ${worker.sessions}`,
  );
  assert.deepEqual(
    answers.filter((status) => status !== 200),
    [],
  );
});

test("skein run: any program behind the gateway; drained in the cluster before it gets SIGTERM", async (t) => {
  const gateway = await gatewayFor(t);
  const cli = pathOf(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
  const sidecar = new WorkerProcess(
    t,
    [
      ...node,
      cli,
      "run",
      "--service",
      "orders",
      "--check",
      "/healthz",
      "--",
      process.execPath,
      pathOf(apps, "program.ts"),
    ],
    { env: { SKEIN_CONTROL: gateway.controlUrl } },
  );
  await answerOf(`${gateway.url}/`, ({ body }) => body.startsWith("answer of"));
  sidecar.child.kill("SIGTERM");
  await sidecar.exited;
  await eventually(
    async () => ((await workersOf(gateway)).every(({ state }) => state !== "live") ? true : undefined),
    () => "no live worker",
  );
});
