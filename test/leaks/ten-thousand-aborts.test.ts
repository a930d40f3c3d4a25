import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { getHeapSpaceStatistics } from "node:v8";
import { collectGarbage } from "../../src/proxy/testing/testing-garbage.ts";
import { connectTo, until } from "../../src/proxy/testing/testing-peers.ts";
import { fastClock } from "../../src/proxy/testing/testing-proxy.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { overEach, proxyBefore, type Transport } from "./transports.ts";

const aborts = 10_000;
const rounds = 5;
const perRound = aborts / rounds;
const atOnce = 50;
/** Of the smallest object that each left behind, more would remain. */
const bytesPerAbortMax = 20;

const head = "HTTP/1.1\r\nHost: x\r\n";
/** `answered`: something comes back, for which a client may wait before it goes. */
const requests = [
  { text: "GET /half HTTP/1.1\r\nHo", answered: false },
  { text: `GET /silent ${head}\r\n`, answered: false },
  { text: `GET /partly ${head}\r\n`, answered: true },
  { text: `GET /large ${head}\r\n`, answered: true },
  { text: `GET /whole ${head}\r\n`, answered: true },
  { text: `GET /partly ${head}\r\nGET /whole ${head}\r\nGET /ha`, answered: true },
  { text: `POST /upload ${head}Content-Length: 1000\r\n\r\nbeginning`, answered: false },
  { text: `PUT /upload ${head}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`, answered: false },
  { text: `POST /upload ${head}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`, answered: true },
];
/** What is remembered of requests has a bound of its own, and would be told apart from a leak by that alone. */
const remembered = { slowMs: 600_000, samplesPerSecond: 0, keep: 1, redact: [] };
const large = Buffer.alloc(256 * 1024, "x");

function service(request: IncomingMessage, response: ServerResponse): void {
  request.on("error", () => {});
  const { url } = request;
  if (url === "/partly") response.write("part");
  else if (url === "/large") response.write(large);
  else if (url === "/whole") response.end("whole");
  else if (url === "/upload") request.resume();
}

async function abortOne(port: number, random: () => number): Promise<void> {
  const me = await connectTo(port);
  const { text, answered } = requests[Math.floor(random() * requests.length)]!;
  me.send(text);
  if (answered && random() < 0.7) await until(() => me.receivedBytes > 0, `a byte after ${text}`);
  else if (random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
  if (random() < 0.5) me.close();
  else me.reset();
  // The client's own half lies in this process, too.
  await until(() => me.closed, "the client's socket closed");
}

async function abortMany(port: number, random: () => number): Promise<void> {
  let left = perRound;
  const some = async (): Promise<void> => {
    while (left-- > 0) await abortOne(port, random);
  };
  await Promise.all(Array.from({ length: atOnce }, some));
}

/** Everything is over, idle connections to the worker as well. */
async function settle(
  { proxy, served }: Awaited<ReturnType<typeof proxyBefore>>,
  transport: Transport,
): Promise<void> {
  await until(() => proxy.report().connections.open === 0, "no client");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
  const worker = [...proxy.pool("web").workers.values()][0]!;
  assert.deepEqual([worker.inFlight, worker.exchanges.length, worker.stall.outstanding], [0, 0, 0]);
  if (transport.ownConnections) await until(() => served.connections() === 0, "no connection to the worker");
  // The worker has heard that they are cancelled, too: its end of a link counts only while a request is on it.
  const atRest = transport.ownConnections ? 0 : 1;
  await until(() => resources().filter((kind) => kind === "TCPSocketWrap").length <= atRest, "no socket");
  // One may remain: when the worker's state changes next.
  await until(() => proxy.wheel.size <= 1, "no deadline");
}

/** Sockets and timers of this process. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind));
}

/** Of ordinary objects. (Large ones are left over from loading code, and go at some time.) */
async function heapInUse(): Promise<number> {
  for (let times = 0; times < 5; times += 1) await collectGarbage();
  return getHeapSpaceStatistics().find((space) => space.space_name === "old_space")?.space_used_size ?? 0;
}

/** From one to the next. What was left over once, and goes, does not hide what grows with every round. */
function medianGrowth(values: readonly number[]): number {
  const growths = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  return growths.toSorted((a, b) => a - b)[Math.floor(growths.length / 2)] ?? 0;
}

overEach(
  `${aborts} aborted requests leave sockets, timers and memory where they were`,
  async (context, transport) => {
    // Faster, so that what ends by its time ends soon.
    const test = await proxyBefore(
      context,
      transport,
      service,
      { proxy: { requests: remembered } },
      fastClock(10),
    );
    const random = seededRandom(11);
    await abortMany(test.port, random);
    await settle(test, transport);
    const before = resources();
    const heaps = [await heapInUse()];
    for (let round = 0; round < rounds; round += 1) {
      await abortMany(test.port, random);
      await settle(test, transport);
      assert.deepEqual(resources(), before);
      heaps.push(await heapInUse());
    }
    const perAbort = medianGrowth(heaps) / perRound;
    context.diagnostic(`${perAbort.toFixed(1)} bytes of heap are left of each`);
    assert.ok(perAbort < bytesPerAbortMax, `heap in use: ${heaps.join(", ")}`);
    const me = await test.client();
    me.send(`GET /whole ${head}\r\n`);
    await me.take("whole");
  },
);
