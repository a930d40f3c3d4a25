/**
 * A connection to a worker is used again only when it is clean. After anything else it is gone, counted by its cause,
 * and the next request goes on another one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { taintAfterAnswer } from "./reuse.ts";
import type { PoisonCause } from "../reports/statistics.ts";
import { type TestPeer, type TestWorker, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";
import { testRoute } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const upload = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst";
const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

interface Scene {
  me: TestPeer;
  worker: TestPeer;
}

interface Spoiling {
  name: string;
  cause: PoisonCause;
  request: string;
  spoil: (scene: Scene) => void | Promise<void>;
}

const spoilings: readonly Spoiling[] = [
  {
    name: "an answer that is not valid",
    cause: "bad-answer",
    request: get,
    spoil: ({ worker }) => worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"),
  },
  {
    name: "a body that is not valid",
    cause: "bad-answer",
    request: get,
    spoil: ({ worker }) =>
      worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"),
  },
  {
    name: "a switch of protocols that nobody asked for",
    cause: "bad-answer",
    request: get,
    spoil: ({ worker }) => worker.send(switched),
  },
  {
    name: "an answer before the request's end",
    cause: "early-answer",
    request: upload,
    spoil: ({ worker }) => worker.send(ok),
  },
  {
    name: "an answer before the request's end, whose body ends after it",
    cause: "early-answer",
    request: upload,
    spoil: async ({ me, worker }) => {
      worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      await me.take("\r\n\r\no");
      me.send("after");
      await worker.take("after");
      worker.send("k");
    },
  },
  {
    name: "bytes behind an answer",
    cause: "left-over",
    request: get,
    spoil: ({ worker }) => worker.send(ok + ok),
  },
  {
    name: "bytes after an answer",
    cause: "left-over",
    request: get,
    spoil: async ({ me, worker }) => {
      worker.send(ok);
      await me.message();
      worker.send(ok);
    },
  },
  {
    name: "a client that leaves",
    cause: "aborted",
    request: get,
    spoil: ({ me }) => me.close(),
  },
  {
    name: "a client that leaves amid the answer",
    cause: "aborted",
    request: get,
    spoil: async ({ me, worker }) => {
      worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      await me.take("\r\n\r\no");
      me.reset();
    },
  },
  {
    name: "a request whose body breaks its framing",
    cause: "aborted",
    request: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    spoil: ({ me }) => me.send("x\r\n"),
  },
  {
    name: "a worker that leaves amid the answer",
    cause: "worker-lost",
    request: get,
    spoil: ({ worker }) => {
      worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      worker.socket.end();
    },
  },
  {
    name: "no answer in time",
    cause: "timeout",
    request: get,
    spoil: () => {},
  },
  {
    name: "another protocol, which the client ends",
    cause: "upgraded",
    request: upgrade,
    spoil: async ({ me, worker }) => {
      worker.send(switched);
      await me.head();
      me.socket.end();
    },
  },
  {
    name: "another protocol, which the worker ends",
    cause: "upgraded",
    request: upgrade,
    spoil: async ({ me, worker }) => {
      worker.send(switched);
      await me.head();
      worker.socket.end();
    },
  },
];

for (const { name, cause, request, spoil } of spoilings) {
  test(`not used again: ${name}`, async (context) => {
    const route = testRoute({ headTimeoutMs: cause === "timeout" ? 50 : 30_000 });
    const scene = await proxyWithWorkers(context, 1, { routes: [route] });
    const me = await scene.client();
    me.send(request);
    const worker = await scene.workers[0]!.connection();
    await worker.head();
    await spoil({ me, worker });
    await worker.gone();
    await until(() => worker.closed, "both ends are closed");
    assert.deepEqual(scene.proxy.report().poisoned, { [cause]: 1 });
    await servedOnAnother(scene);
  });
}

async function servedOnAnother({ client, workers }: TestProxy & { workers: TestWorker[] }): Promise<void> {
  const other = await client();
  other.send(get);
  const fresh = (): TestPeer | undefined =>
    workers[0]!.connections.slice(1).find((peer) => peer.received.includes("\r\n\r\n"));
  await until(() => fresh() !== undefined, "a request on another connection");
  fresh()!.send(ok);
  assert.equal((await other.message()).body, "ok");
}

test("used again, and nothing counted: a clean one", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok");
  const me = await client();
  for (let round = 0; round < 5; round += 1) {
    me.send(get);
    assert.equal((await me.message()).body, "ok");
  }
  assert.equal(workers[0]!.connections.length, 1);
  assert.deepEqual(proxy.report().poisoned, {});
});

test("what was not sent yet cannot have been answered", () => {
  assert.equal(taintAfterAnswer(true, true, 0), undefined);
  assert.equal(taintAfterAnswer(true, true, 1), "early-answer");
  assert.equal(taintAfterAnswer(true, false, 0), "early-answer");
  assert.equal(taintAfterAnswer(false, true, 0), "left-over");
});
