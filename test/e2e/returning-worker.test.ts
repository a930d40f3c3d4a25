import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { join } from "../../src/worker/index.ts";
import { eventually, TestGateway } from "./harness.ts";

const slowStartMs = 20_000;
const shareAtStart = 0.1;
const connections = 16;

/** A worker that counts what it got, and answers what it is told to. */
class CountingWorker {
  requests = 0;
  failed = 0;
  /** Every so many requests are answered 503; 0: none. */
  failEvery = 0;
  readonly server: Server = createServer((request, response) => {
    request.resume();
    this.requests += 1;
    const fails = this.failEvery > 0 && this.requests % this.failEvery === 0;
    if (fails) this.failed += 1;
    response.writeHead(fails ? 503 : 200).end("answer");
  });

  async listen(port = 0): Promise<this> {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

async function workersFor(context: TestContext, count: number): Promise<CountingWorker[]> {
  const workers = Array.from({ length: count }, () => new CountingWorker());
  await Promise.all(workers.map((worker) => worker.listen()));
  context.after(async () => {
    for (const { server } of workers) {
      server.close();
      server.closeAllConnections();
    }
  });
  return workers;
}

function gatewayFor(
  context: TestContext,
  workers: readonly CountingWorker[],
  policy = "least-wait",
): Promise<TestGateway> {
  return TestGateway.start(context, {
    configuration: {
      proxies: 1,
      services: {
        web: {
          workers: workers.map(({ port }) => `127.0.0.1:${port}`),
          policy,
          slowStart: slowStartMs,
          // What the proxy finds by itself is what is looked at.
          check: false,
        },
      },
    },
  });
}

/** As many GETs as `go` wants, each connection one after the other; the statuses, counted. */
async function load(
  url: string,
  go: () => boolean,
  sent: () => void = () => {},
): Promise<Record<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const counts: Record<number, number> = {};
  const one = (): Promise<number> =>
    new Promise((resolve, reject) => {
      sent();
      get(url, { agent }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
      }).on("error", reject);
    });
  const client = async (): Promise<void> => {
    while (go()) {
      const status = await one();
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  return counts;
}

/**
 * What a worker in slow start may get at most, request by request: its share of the moment, beside others that may be
 * in theirs as well. `since` lies before the moment from which the proxy counts for it, `othersSince` after that for
 * the others, so that this is no less than what it allows.
 */
class Allowance {
  #expected = 0;
  readonly #since: number;
  readonly #others: number;
  readonly #othersSince: number;

  constructor(since: number, others: number, othersSince: number) {
    this.#since = since;
    this.#others = others;
    this.#othersSince = othersSince;
  }

  sent(): void {
    const own = rampOf(this.#since);
    this.#expected += own / (this.#others * rampOf(this.#othersSince) + own);
  }

  /** Chance may give some more: five standard deviations. */
  get most(): number {
    return this.#expected + 5 * Math.sqrt(this.#expected) + 1;
  }
}

function rampOf(since: number): number {
  return Math.min(1, Math.max(shareAtStart, (performance.now() - since) / slowStartMs));
}

/** The first workers have half of their slow start behind them; since when they are live, at the latest. */
async function warmed(gateway: TestGateway): Promise<number> {
  const since = performance.now();
  await load(gateway.url, () => performance.now() - since < slowStartMs / 2);
  return since;
}

function times(count: number): () => boolean {
  let left = count;
  return () => (left -= 1) >= 0;
}

// Each waits for half a slow start: at the same time.
describe("slow start", { concurrency: true }, () => {
  test("a worker that dies and returns never gets more than its slow-start share", async (context) => {
    const workers = await workersFor(context, 3);
    const gateway = await gatewayFor(context, workers);
    const [returning = new CountingWorker(), ...others] = workers;
    const othersSince = await warmed(gateway);
    assert.ok(returning.requests > 0);
    const { port } = returning;
    await returning.close();
    const whileAway = await load(gateway.url, times(600));
    assert.deepEqual(Object.keys(whileAway), ["200"], "it was out without an error");
    const before = returning.requests;
    const allowance = new Allowance(performance.now(), others.length, othersSince);
    await returning.listen(port);
    let left = Infinity;
    const counts = await load(
      gateway.url,
      () => {
        // Counted from when it is seen to be back: from then on, so many requests.
        if (returning.requests > before && left === Infinity) left = 3_000;
        return (left -= 1) >= 0;
      },
      () => allowance.sent(),
    );
    const got = returning.requests - before;
    context.diagnostic(`${got} requests of at most ${allowance.most.toFixed(0)}`);
    assert.deepEqual(Object.keys(counts), ["200"]);
    assert.ok(got > 0 && got <= allowance.most, `${got} of ${allowance.most}`);
  });

  test("a worker that joins cold never gets more than its slow-start share", async (context) => {
    const workers = await workersFor(context, 3);
    // It gives each exactly its share; the usual policy gives a new worker no more than that, and mostly less.
    const gateway = await gatewayFor(context, workers, "random");
    const othersSince = await warmed(gateway);
    const [cold = new CountingWorker()] = await workersFor(context, 1);
    const allowance = new Allowance(performance.now(), workers.length, othersSince);
    const joined = await join(cold.server, "web", { control: gateway.controlUrl, drainOnSigterm: false });
    context.after(async () => joined.leave());
    let left = Infinity;
    const counts = await load(
      gateway.url,
      () => {
        if (cold.requests > 0 && left === Infinity) left = 3_000;
        return (left -= 1) >= 0;
      },
      () => allowance.sent(),
    );
    context.diagnostic(`${cold.requests} requests of at most ${allowance.most.toFixed(0)}`);
    assert.deepEqual(Object.keys(counts), ["200"]);
    assert.ok(cold.requests > 0 && cold.requests <= allowance.most, `${cold.requests} of ${allowance.most}`);
  });
});

test("a worker that fails one request in five is taken out: at most one in a thousand fails", async (context) => {
  const workers = await workersFor(context, 5);
  const gateway = await gatewayFor(context, workers);
  await load(gateway.url, times(1_000));
  const [failing = new CountingWorker()] = workers;
  failing.failEvery = 5;
  const before = failing.requests;
  const begunAt = performance.now();
  // While it fails: when nobody asks it any more, it is soon believed to be well.
  const known = eventually(
    async () => {
      const answer = await fetch(`${gateway.controlUrl}/v1/workers`);
      const { workers: told } = (await answer.json()) as { workers: { address: string; state: string }[] };
      const one = told.find(({ address }) => address === `127.0.0.1:${failing.port}`);
      return one?.state === "live" ? undefined : one;
    },
    () => "the controllers know that it fails",
  );
  const [counts] = await Promise.all([load(gateway.url, times(20_000)), known]);
  const tookMs = performance.now() - begunAt;
  const got = failing.requests - before;
  context.diagnostic(`${counts[503]} of 20000 failed in ${tookMs.toFixed(0)} ms; it got ${got}`);
  assert.equal(counts[503], failing.failed, "each failure is told to its client, once");
  assert.deepEqual(Object.keys(counts).toSorted(), ["200", "503"]);
  assert.ok((counts[503] ?? 0) <= 20, `${counts[503]} of 20000 failed`);
  // Its share of five would be 4,000.
  assert.ok(got < 400, `${got} requests went to it`);
});
