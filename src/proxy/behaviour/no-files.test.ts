import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";

const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";

const needs = { skip: spawnSync("prlimit", ["--version"]).status !== 0 && "needs prlimit" };

/** Takes this process' file descriptors away: no more than are open now, and gives them back. */
async function fileLimit(t: TestContext): Promise<{ lower(): Promise<void>; raise(): Promise<void> }> {
  const set = (limit: string): string =>
    `read line; prlimit --pid ${process.pid} --nofile=${limit}; echo done;`;
  const script = `old=$(prlimit --pid ${process.pid} --nofile --output=SOFT --noheadings); ${set("1:")} ${set("$old:")}`;
  const shell = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => shell.kill());
  const next = async (): Promise<void> => {
    shell.stdin.write("\n");
    await once(shell.stdout, "data");
  };
  return { lower: next, raise: next };
}

/** A POST, while there is no file for a connection to a worker. */
async function isRefused(t: TestContext, client: TestPeer): Promise<void> {
  const files = await fileLimit(t);
  await files.lower();
  client.send(post);
  const { head } = await client.message();
  await files.raise();
  assert.match(head, /^HTTP\/1\.1 504 .*x-skein-reason: connect-timeout/s);
}

test(
  "where there are no file descriptors for a connection, that is no fault of the worker",
  needs,
  async (t) => {
    const scene = await proxyWithWorkers(t, 1);
    scene.workers[0]!.answerAll("here");
    const client = await scene.client();
    await isRefused(t, client);
    const { workers } = scene.proxy.pool("web");
    const [worker] = workers.values();
    assert.equal(worker?.health.kind, "ok");
    assert.deepEqual(scene.evidence, []);
    client.send(get);
    assert.equal((await client.message()).body, "here");
  },
);

test("where there are none, not all workers are tried, one directly after the other", needs, async (t) => {
  const scene = await proxyWithWorkers(t, 12);
  for (const worker of scene.workers) worker.answerAll("here");
  await isRefused(t, await scene.client());
  const [record] = scene.proxy.requestLog.find({ limit: 1 });
  assert.equal(record?.tries.length, 4);
});

test("a worker that was to be asked meanwhile is asked when there are some again", needs, async (t) => {
  const scene = await proxyWithWorkers(t, 1);
  scene.workers[0]!.answerAll("here");
  const { watch, workers } = scene.proxy.pool("web");
  const [worker] = workers.values();
  assert.ok(worker !== undefined);
  const files = await fileLimit(t);
  await files.lower();
  watch.slow(worker, worker.heardAt + 1);
  await new Promise(setImmediate);
  assert.equal(worker.probing, true);
  await files.raise();
  await until(() => !worker.probing, "it was asked");
  assert.equal(worker.health.kind, "ok");
  assert.deepEqual(scene.evidence, []);
});
