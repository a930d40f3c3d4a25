/** Clients that are slow on purpose, that end only their half, and that ask ahead while something goes wrong. */
import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import type { TestContext } from "node:test";
import { until } from "../../src/proxy/testing/testing-peers.ts";
import type { TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { testRoute, type TestTableParts } from "../../src/proxy/testing/testing-table.ts";
import { overEach, proxyBefore, type ServedWorker, type Transport } from "./transports.ts";

const get = (path = "/"): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const large = 96 * 1024 * 1024;

interface Scene extends TestProxy {
  served: ServedWorker;
  /** Handlers begun, and answers whose end the worker has seen, whichever it was. */
  at: { begun: number; closed: number };
}

async function scene(
  context: TestContext,
  transport: Transport,
  handler: RequestListener,
  parts: TestTableParts = {},
): Promise<Scene> {
  const at = { begun: 0, closed: 0 };
  const before = await proxyBefore(
    context,
    transport,
    (request, response) => {
      at.begun += 1;
      request.on("error", () => {});
      response.on("error", () => {});
      response.on("close", () => (at.closed += 1));
      if (request.url === "/other") response.end("other");
      else handler(request, response);
    },
    parts,
  );
  return { ...before, at };
}

/** Neither the worker nor the gateway holds anything of them any more, and the next client is served. */
async function nothingIsLeft({ proxy, client, at }: Scene): Promise<void> {
  await until(() => at.closed === at.begun, "the worker's side is closed");
  await until(() => proxy.report().connections.open === 0, "no client is left");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
  const next = await client();
  next.send(get("/other"));
  assert.equal((await next.message()).body, "other");
}

const stalled = { timeouts: { stalledClientMs: 100 } };

overEach(
  "a body that stops coming: 408, and the worker's request is cancelled",
  async (context, transport) => {
    const here = await scene(context, transport, (request) => void request.resume(), stalled);
    const me = await here.client();
    me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    assert.match((await me.message()).head, /^HTTP\/1\.1 408 [^]*x-skein-reason: request-timeout/);
    await me.gone();
    assert.equal(here.at.begun, 1);
    await nothingIsLeft(here);
  },
);

overEach(
  "a body that drips byte after byte: 408, and the worker's request is cancelled",
  async (context, transport) => {
    const here = await scene(context, transport, (request) => void request.resume(), {
      ...stalled,
      // Far more than a byte for each turn of the loop.
      limits: { bodyBytesPerSecondMin: 1_000_000 },
    });
    const me = await here.client();
    me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    await until(() => {
      if (!me.ended) me.send("x");
      return me.received.includes("\r\n\r\n");
    }, "an answer");
    assert.match(await me.head(), /^HTTP\/1\.1 408 [^]*x-skein-reason: request-timeout/);
    await me.gone();
    assert.equal(here.at.begun, 1);
    await nothingIsLeft(here);
  },
);

overEach("a client that takes no byte of its answer is cut off", async (context, transport) => {
  const chunk = Buffer.alloc(256 * 1024, "x");
  const here = await scene(
    context,
    transport,
    (_request, response) => {
      let sent = 0;
      const more = (): void => {
        while (sent < large) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.writeHead(200, { "content-length": large }).on("drain", more);
      more();
    },
    stalled,
  );
  const me = await here.client();
  me.socket.pause();
  me.send(get());
  await until(() => here.at.begun === 1 && here.at.closed === 1, "the worker's answer is cancelled");
  await nothingIsLeft(here);
});

const halves: Record<string, { request: string; handler: RequestListener; reached?: string }> = {
  "before the answer": { request: get(), handler() {} },
  "amid the answer": {
    request: get(),
    handler: (_request, response) => void response.write("part"),
    reached: "part",
  },
  "amid its upload": {
    request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart",
    handler: (request) => void request.resume(),
  },
};

for (const [when, { request, handler, reached }] of Object.entries(halves)) {
  overEach(`a client that ends its half ${when} is taken for gone`, async (context, transport) => {
    const here = await scene(context, transport, handler);
    const me = await here.client("halfOpen");
    me.send(request);
    await until(() => here.at.begun === 1, "the handler");
    if (reached !== undefined) await me.take(reached);
    me.socket.end();
    await nothingIsLeft(here);
  });
}

overEach("a client that ends its half after its answer is let go", async (context, transport) => {
  const here = await scene(context, transport, (_request, response) => response.end("ok"));
  const me = await here.client("halfOpen");
  me.send(get());
  assert.equal((await me.message()).body, "ok");
  me.socket.end();
  await me.gone();
  await nothingIsLeft(here);
});

/** Says its path; or, below `/lost`, nothing; below `/cut`, a part. */
const bySight: RequestListener = (request, response) => {
  if (request.url === "/lost") request.socket.destroy();
  else if (request.url === "/cut") response.writeHead(200, { "content-length": 10 }).write("part");
  else response.end(request.url);
};
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi`;

overEach(
  "asked ahead, with errors between: each stands in its place, and the rest is served",
  async (context, transport) => {
    const routes = ["/1", "/3", "/5", "/lost", "/other"].map((path) =>
      testRoute({ name: path, match: { ...testRoute().match, path: { kind: "prefix", path } } }),
    );
    const here = await scene(context, transport, bySight, { routes });
    const me = await here.client();
    me.send(get("/1") + get("/unknown") + get("/3") + post("/lost") + get("/5"));
    assert.equal((await me.message()).body, "/1");
    assert.match((await me.message()).head, /^HTTP\/1\.1 404 [^]*x-skein-reason: no-route/);
    assert.equal((await me.message()).body, "/3");
    assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/);
    assert.equal((await me.message()).body, "/5");
    assert.equal(here.at.begun, 4);
    me.close();
    await nothingIsLeft(here);
  },
);

overEach(
  "asked ahead of an answer that is cut: nothing stands in the place of its rest",
  async (context, transport) => {
    let cut = (): void => {};
    const here = await scene(context, transport, (request, response) => {
      cut = () => request.socket.destroy();
      bySight(request, response);
    });
    const me = await here.client();
    me.send(get("/1") + get("/cut") + get("/3"));
    assert.equal((await me.message()).body, "/1");
    await me.take("part");
    cut();
    await until(() => me.closed, "the client is cut off");
    assert.equal(me.error?.code, "ECONNRESET");
    assert.equal(me.received, "");
    assert.equal(here.at.begun, 2);
    await nothingIsLeft(here);
  },
);
