import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { TestContext } from "node:test";
import { type TestPeer, until } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { overEach, type ServedWorker, type Transport } from "./transports.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const put = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\npart";
const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\npart";

interface Scene extends TestProxy {
  me: TestPeer;
  /** The worker that has the request. */
  doomed: ServedWorker;
  /** Requests in the handler of the other one, which answers them. */
  others: () => number;
}

/** The request is at the first worker, which does this with it; then a second one joins. */
async function requestAt(
  context: TestContext,
  transport: Transport,
  request: string,
  handler: RequestListener,
  upgrades = false,
): Promise<Scene> {
  const test = await startTestProxy(context);
  let entered = 0;
  const server = createServer((incoming, response) => {
    incoming.on("error", () => {});
    handler(incoming, response);
    entered += 1;
  });
  if (upgrades) server.on("upgrade", () => (entered += 1));
  const doomed = await transport.serve(context, server);
  let others = 0;
  const other = await transport.serve(
    context,
    createServer((incoming, response) => {
      others += 1;
      incoming.resume().on("end", () => response.end("other"));
    }),
  );
  test.table({ workers: [doomed.row] });
  await transport.ready(test.proxy);
  const me = await test.client();
  me.send(request);
  await until(() => entered === 1, "the request is in the handler");
  test.table({ workers: [doomed.row, other.row] });
  await transport.ready(test.proxy);
  return { ...test, me, doomed, others: () => others };
}

/** Nothing of the request is left, and the next one finds the worker that lives. */
async function nothingIsLeft({ proxy, client }: Scene): Promise<void> {
  await until(() => proxy.report().services["web"]?.inFlight === 0, "nothing is in flight");
  const next = await client();
  next.send(get);
  assert.equal((await next.message()).body, "other");
}

overEach("a worker vanishes before it is connected to: nobody notices", async (context, transport) => {
  const scene = await requestAt(context, transport, get, (_request, response) => response.end("first"));
  assert.equal((await scene.me.message()).body, "first");
  scene.doomed.kill();
  for (let sent = 0; sent < 10; sent += 1) {
    for (const request of [get, `${post}done`]) {
      const me = await scene.client();
      me.send(request);
      assert.equal((await me.message()).body, "other");
    }
  }
  await nothingIsLeft(scene);
});

overEach("a worker vanishes in the handler: a GET goes to another one", async (context, transport) => {
  const scene = await requestAt(context, transport, get, () => {});
  scene.doomed.kill();
  assert.equal((await scene.me.message()).body, "other");
  await nothingIsLeft(scene);
});

overEach("a worker vanishes in the handler: a POST is never repeated", async (context, transport) => {
  const scene = await requestAt(context, transport, `${post}done`, () => {});
  scene.doomed.kill();
  assert.match((await scene.me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/);
  assert.equal(scene.others(), 0);
  await nothingIsLeft(scene);
});

overEach("a worker vanishes amid an upload: a PUT begins anew at another one", async (context, transport) => {
  const scene = await requestAt(context, transport, put, (request) => void request.resume());
  scene.doomed.kill();
  await until(() => scene.others() === 1, "it has begun at the other one");
  scene.me.send("done");
  assert.equal((await scene.me.message()).body, "other");
  await nothingIsLeft(scene);
});

overEach("a worker vanishes amid an upload: a POST is never repeated", async (context, transport) => {
  const scene = await requestAt(context, transport, post, (request) => void request.resume());
  scene.doomed.kill();
  assert.match((await scene.me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/);
  await scene.me.gone();
  assert.equal(scene.others(), 0);
  await nothingIsLeft(scene);
});

const parts: Record<string, RequestListener> = {
  "after the head": (_request, response) => response.writeHead(200, { "content-length": "8" }).flushHeaders(),
  "in a body with a length": (_request, response) => {
    response.writeHead(200, { "content-length": "8" }).write("part");
  },
  "between the chunks of a body": (_request, response) => void response.write("part"),
};

for (const [when, handler] of Object.entries(parts)) {
  overEach(`a worker vanishes ${when}: the client sees that it is no end`, async (context, transport) => {
    const scene = await requestAt(context, transport, get, handler);
    await scene.me.head();
    scene.doomed.kill();
    await until(() => scene.me.closed, "the client is cut off");
    assert.equal(scene.me.error?.code, "ECONNRESET");
    assert.doesNotMatch(scene.me.received, /0\r\n\r\n$/);
    await nothingIsLeft(scene);
  });
}

const unknown = /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/;
const upgrade =
  "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

for (const how of ["reset", "destroyed"] as const) {
  const vanishes = `a worker's connections are ${how}`;

  overEach(`${vanishes} after its 100: what was not sent yet is not taken`, async (context, transport) => {
    const ask = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    const scene = await requestAt(context, transport, ask, (request) => void request.resume());
    assert.equal(await scene.me.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    scene.doomed.kill(how);
    assert.match((await scene.me.message()).head, unknown);
    await scene.me.gone();
    assert.equal(scene.others(), 0);
    await nothingIsLeft(scene);
  });

  overEach(
    `${vanishes} after its 103: what has begun to answer is not repeated`,
    async (context, transport) => {
      const scene = await requestAt(context, transport, get, (_request, response) =>
        response.writeEarlyHints({ link: "</a>; rel=preload" }),
      );
      assert.match(await scene.me.head(), /^HTTP\/1\.1 103 /);
      scene.doomed.kill(how);
      assert.match((await scene.me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/);
      assert.equal(scene.others(), 0);
      await nothingIsLeft(scene);
    },
  );

  for (const method of ["PUT", "POST"]) {
    overEach(`${vanishes} between head and body of a ${method}`, async (context, transport) => {
      const head = `${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n`;
      const scene = await requestAt(context, transport, head, (request) => void request.resume());
      scene.doomed.kill(how);
      if (method === "POST") {
        assert.match((await scene.me.message()).head, unknown);
        assert.equal(scene.others(), 0);
      } else {
        await until(() => scene.others() === 1, "it has begun at the other one");
        scene.me.send("all of it".slice(0, 8));
        assert.equal((await scene.me.message()).body, "other");
      }
      await nothingIsLeft(scene);
    });
  }

  overEach(`${vanishes} before its 101: the other one is asked`, async (context, transport) => {
    const scene = await requestAt(context, transport, upgrade, () => {}, true);
    scene.doomed.kill(how);
    assert.equal((await scene.me.message()).body, "other");
    await nothingIsLeft(scene);
  });
}
