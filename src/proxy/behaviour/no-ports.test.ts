import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";

const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";

/** The next connect of this process fails as the kernel says when all ports towards that address are in use. */
function takePorts(t: TestContext): void {
  const fail = function (this: Socket): Socket {
    const error = { code: "EADDRNOTAVAIL", syscall: "connect", address: "127.0.0.1" };
    return this.destroy(Object.assign(new Error("connect EADDRNOTAVAIL"), error));
  };
  t.mock.method(Socket.prototype, "connect", fail, { times: 1 });
}

test("where there is no local port for a connection, that is no fault of the worker", async (t) => {
  const scene = await proxyWithWorkers(t, 1);
  scene.workers[0]!.answerAll("here");
  const client = await scene.client();
  takePorts(t);
  client.send(post);
  assert.match((await client.message()).head, /^HTTP\/1\.1 504 .*x-skein-reason: connect-timeout/s);
  const [worker] = scene.proxy.pool("web").workers.values();
  assert.equal(worker?.health.kind, "ok");
  assert.deepEqual(scene.evidence, []);
  client.send(get);
  assert.equal((await client.message()).body, "here");
});

test("a worker that was to be asked meanwhile is asked when there are some again", async (t) => {
  const scene = await proxyWithWorkers(t, 1);
  scene.workers[0]!.answerAll("here");
  const { watch, workers } = scene.proxy.pool("web");
  const [worker] = workers.values();
  assert.ok(worker !== undefined);
  takePorts(t);
  watch.slow(worker, worker.heardAt + 1);
  assert.equal(worker.probing, true);
  await until(() => !worker.probing, "it was asked");
  assert.equal(worker.health.kind, "ok");
  assert.deepEqual(scene.evidence, []);
});
