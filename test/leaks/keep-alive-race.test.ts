import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { TestContext } from "node:test";
import { type TestPeer, until } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { overEach, type ServedWorker, type Transport } from "./transports.ts";

/** A worker that answers everything, and how often each id of a POST was executed. */
function countingService(executed: Map<string, number>): RequestListener {
  return (request: IncomingMessage, response) => {
    const id = request.headers["x-id"];
    if (typeof id === "string") executed.set(id, (executed.get(id) ?? 0) + 1);
    response.end("ok");
  };
}

interface Scene extends TestProxy {
  served: ServedWorker;
  executed: Map<string, number>;
}

async function scene(
  context: TestContext,
  transport: Transport,
  keepAlive: { timeoutMs: number; announced: boolean },
): Promise<Scene> {
  const executed = new Map<string, number>();
  const server = createServer(
    // Not in the types yet: without it, node keeps a connection for a second longer than it says.
    { keepAliveTimeout: keepAlive.timeoutMs, keepAliveTimeoutBuffer: 0 } as object,
    countingService(executed),
  );
  if (!keepAlive.announced)
    server.prependListener("request", (_request, response) => response.removeHeader("keep-alive"));
  const test = await startTestProxy(context);
  const served = await transport.serve(context, server);
  // Here most requests meet the race, which no budget of retries foresees.
  test.table({ workers: [served.row], proxy: { retryBudget: { ratio: 2, reserve: 100, perSecondMin: 10 } } });
  await transport.ready(test.proxy);
  return { ...test, served, executed };
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const postOf = (id: string): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nX-Id: ${id}\r\nContent-Length: 0\r\n\r\n`;

overEach(
  "the worker closes its idle connections as a request goes out: no GET fails",
  async (context, transport) => {
    const { client, served, proxy } = await scene(context, transport, {
      timeoutMs: 60_000,
      announced: false,
    });
    const clients = await Promise.all(Array.from({ length: 8 }, () => client()));
    const rounds = 300;
    for (let round = 0; round < rounds; round += 1) {
      for (const me of clients) me.send(get);
      // In this turn of the loop or in one of the next: the end and the request pass each other in every way.
      for (let turn = round % 4; turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
      served.closeIdle();
      for (const me of clients) assert.equal((await me.message()).body, "ok");
    }
    const { retries } = proxy.report();
    context.diagnostic(
      `${rounds * clients.length} requests, ${retries.taken} of them met the end and were repeated`,
    );
    assert.ok(!transport.ownConnections || retries.taken > 0, "the race was run");
  },
);

/** What became of a POST; the connection goes on. */
async function outcome(me: TestPeer): Promise<"ok" | "unknown"> {
  const { head, body } = await me.message();
  if (body === "ok") return "ok";
  assert.match(head, /x-skein-reason: outcome-unknown/);
  return "unknown";
}

/** No id was executed twice, and none acknowledged that was not executed. */
function assertOnce(executed: ReadonlyMap<string, number>, answered: readonly string[]): void {
  assert.deepEqual(
    [...executed].filter(([, times]) => times !== 1),
    [],
  );
  for (const id of answered) assert.ok(executed.has(id), `${id} was acknowledged`);
}

overEach(
  "the same with POST: none is executed twice, and what is not known is said",
  async (context, transport) => {
    const { client, served, executed } = await scene(context, transport, {
      timeoutMs: 60_000,
      announced: false,
    });
    const clients = await Promise.all(Array.from({ length: 8 }, () => client()));
    const answered: string[] = [];
    let unknown = 0;
    for (let round = 0; round < 300; round += 1) {
      for (const [index, me] of clients.entries()) me.send(postOf(`${round}-${index}`));
      for (let turn = round % 4; turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
      served.closeIdle();
      for (const [index, me] of clients.entries()) {
        if ((await outcome(me)) === "ok") answered.push(`${round}-${index}`);
        else unknown += 1;
      }
    }
    context.diagnostic(`${answered.length} answered, ${unknown} outcome-unknown`);
    assertOnce(executed, answered);
    if (!transport.ownConnections) assert.equal(unknown, 0);
  },
);

const posts = 10_000;
/** Of so many POSTs at a worker that tells how long it keeps an idle connection. */
const unknownMax = 1;

overEach(
  `${posts} POSTs about the end of an announced keep-alive: at most ${unknownMax} is outcome-unknown`,
  async (context, transport) => {
    const timeoutMs = 1000;
    const { client, executed, served } = await scene(context, transport, { timeoutMs, announced: true });
    const clients = await Promise.all(Array.from({ length: 100 }, () => client()));
    const random = seededRandom(3);
    const answered: string[] = [];
    let unknown = 0;
    // Bursts leave many idle connections behind; the next burst comes about when they end.
    const bursts = 5;
    const each = posts / bursts / clients.length;
    for (let burst = 0; burst < bursts; burst += 1) {
      await Promise.all(
        clients.map(async (me, index) => {
          if (burst > 0)
            await new Promise((resolve) => setTimeout(resolve, timeoutMs * (0.75 + random() * 0.3)));
          for (let sent = 0; sent < each; sent += 1) {
            const id = `${burst}-${index}-${sent}`;
            me.send(postOf(id));
            if ((await outcome(me)) === "ok") answered.push(id);
            else unknown += 1;
          }
        }),
      );
    }
    context.diagnostic(`${answered.length} answered, ${unknown} outcome-unknown`);
    assert.equal(answered.length + unknown, posts);
    assertOnce(executed, answered);
    assert.ok(unknown <= unknownMax, `${unknown} are unknown`);
    await until(() => served.connections() === 0 || !transport.ownConnections, "idle ones are closed");
  },
);
