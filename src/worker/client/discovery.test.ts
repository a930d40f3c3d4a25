import assert from "node:assert/strict";
import type { RequestListener, ServerResponse } from "node:http";
import { test, type TestContext } from "node:test";
import type { DiscoveredWorker, WorkersFrame } from "../../protocol/discovery.ts";
import type { SkeinError } from "../../protocol/error.ts";
import { client, type ServiceClient } from "./client.ts";
import { problemOf, TestingPlace } from "./testing-place.ts";

/** A controller that tells whoever asks its workers, what changes of them, and that it lives. */
class TestingStream {
  readonly #open = new Set<ServerResponse>();
  #first: WorkersFrame | undefined;

  constructor(t: TestContext) {
    const alive = setInterval(() => this.#tell({ kind: "alive" }), 200);
    t.after(() => clearInterval(alive));
  }

  readonly answer: RequestListener = (request, response) => {
    this.tokens.push(request.headers.authorization);
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    this.#open.add(response);
    if (this.#first !== undefined) response.write(`${JSON.stringify(this.#first)}\n`);
  };
  readonly tokens: (string | undefined)[] = [];

  begin(...workers: DiscoveredWorker[]): this {
    this.#first = { kind: "full", v: 1, service: "orders", settled: true, secure: false, workers };
    return this;
  }

  /** As a controller that has just begun. */
  beginUnsettled(...workers: DiscoveredWorker[]): this {
    this.#first = { kind: "full", v: 1, service: "orders", settled: false, secure: false, workers };
    return this;
  }

  /** To those who listen, and to those who come. */
  change(upserts: DiscoveredWorker[], removals: string[], now: DiscoveredWorker[]): void {
    this.begin(...now);
    this.#tell({ kind: "delta", settled: true, upserts, removals });
  }

  #tell(frame: WorkersFrame): void {
    for (const response of this.#open) response.write(`${JSON.stringify(frame)}\n`);
  }

  end(): void {
    for (const response of this.#open) response.end();
    this.#open.clear();
  }
}

const worker = (place: TestingPlace, more: Partial<DiscoveredWorker> = {}): DiscoveredWorker => ({
  id: place.name,
  address: place.address,
  state: "live",
  weight: 1,
  ...more,
});

function at(t: TestContext, control: TestingPlace[], token?: string): ServiceClient {
  const options = {
    control: control.map(({ address }) => address),
    ...(token === undefined ? {} : { token }),
  };
  const made = client("orders", options);
  t.after(() => made.close());
  return made;
}

/** The addresses that requests go to, once they are these. */
async function until(orders: ServiceClient, ...places: TestingPlace[]): Promise<void> {
  const wanted = places.map(({ address }) => address).sort();
  const now = (): string[] => orders.endpoints.map(({ address }) => address).sort();
  const givenUpAt = performance.now() + 20_000;
  while (now().join() !== wanted.join()) {
    // Thrown, for the runner cannot end a loop like this one.
    if (performance.now() > givenUpAt) throw new Error(`requests go to ${now().join()}`);
    await new Promise((done) => setImmediate(done));
  }
}

test("the workers that a controller tells of are called; what changes is followed", async (t) => {
  const [refusing, control] = [await TestingPlace.start(t, "c1"), await TestingPlace.start(t, "c2")];
  const [one, other] = [await TestingPlace.start(t, "one"), await TestingPlace.start(t, "other")];
  refusing.answer = problemOf(401, "unauthorized");
  const stream = new TestingStream(t).begin(worker(one), worker(other, { state: "draining" }));
  control.answer = stream.answer;
  const orders = at(t, [refusing, control], "secret");
  // A call that comes before anything is known waits for it.
  assert.equal(await (await orders.fetch("/x", { method: "POST", body: "1" })).text(), "one");
  assert.deepEqual(stream.tokens, ["Bearer secret"]);
  assert.equal(control.asked[0]?.url, "/v1/workers?watch=1&service=orders");
  stream.change([worker(other)], ["one"], [worker(other)]);
  await until(orders, other);
  assert.equal(await (await orders.fetch("/")).text(), "other");
  stream.change([], ["other"], []);
  await until(orders);
  await assert.rejects(orders.fetch("/"), (error: SkeinError) => error.code === "no-live-worker");
});

/** The call is rejected with this code and fault, and its cause says this. */
async function rejects(orders: ServiceClient, code: string, fault: string, cause?: RegExp): Promise<void> {
  await assert.rejects(orders.fetch("/"), (error: SkeinError) => {
    assert.deepEqual([error.code, error.problem.fault], [code, fault], error.message);
    if (cause === undefined) assert.equal(error.cause, undefined);
    else assert.match(String(error.cause), cause);
    return true;
  });
}

test("no controller was ever reached: that is told, and the service is not blamed", async (t) => {
  const orders = client("orders", { control: "127.0.0.1:1" });
  t.after(() => orders.close());
  await rejects(orders, "gateway-unreachable", "gateway", /ECONNREFUSED/);
});

test("the service is blamed while a controller says that it has no worker, and no longer", async (t) => {
  const control = await TestingPlace.start(t, "c");
  const stream = new TestingStream(t).begin();
  control.answer = stream.answer;
  const orders = at(t, [control]);
  await rejects(orders, "no-live-worker", "worker");
  control.answer = problemOf(401, "unauthorized");
  stream.end();
  while (control.asked.length < 2) await new Promise((done) => setImmediate(done));
  await rejects(orders, "gateway-unreachable", "gateway", /it answered 401 unauthorized/);
});

test("a controller that goes takes no worker with it, and another is asked", async (t) => {
  const [first, second] = [await TestingPlace.start(t, "c1"), await TestingPlace.start(t, "c2")];
  const [one, other] = [await TestingPlace.start(t, "one"), await TestingPlace.start(t, "other")];
  const stream = new TestingStream(t).begin(worker(one));
  first.answer = stream.answer;
  second.answer = new TestingStream(t).begin(worker(one), worker(other)).answer;
  const orders = at(t, [first, second]);
  await until(orders, one);
  second.silent = true;
  first.answer = problemOf(503, "not-ready");
  stream.end();
  while (second.connections === 0) await new Promise((done) => setImmediate(done));
  assert.equal(await (await orders.fetch("/")).text(), "one");
  second.silent = false;
  await until(orders, one, other);
});

test("a worker that died with its controller goes when the next controller is settled", async (t) => {
  const [first, second] = [await TestingPlace.start(t, "c1"), await TestingPlace.start(t, "c2")];
  const [one, dead] = [await TestingPlace.start(t, "one"), await TestingPlace.start(t, "dead")];
  const stream = new TestingStream(t).begin(worker(one), worker(dead));
  first.answer = stream.answer;
  const next = new TestingStream(t).beginUnsettled(worker(one, { weight: 2 }));
  second.answer = next.answer;
  const orders = at(t, [first, second]);
  await until(orders, one, dead);
  first.answer = problemOf(503, "not-ready");
  stream.end();
  while (next.tokens.length === 0) await new Promise((done) => setImmediate(done));
  // It knows of one only so far: the other one is kept.
  await until(orders, one, dead);
  next.change([], [], [worker(one)]);
  await until(orders, one);
});

test("a request that waits at a worker that has left, and says nothing, moves to another", async (t) => {
  const control = await TestingPlace.start(t, "c");
  const [one, other] = [await TestingPlace.start(t, "one"), await TestingPlace.start(t, "other")];
  one.silent = true;
  const stream = new TestingStream(t).begin(worker(one));
  control.answer = stream.answer;
  const answer = at(t, [control]).fetch("/", { timeoutMs: 10_000 });
  while (one.connections === 0) await new Promise((done) => setImmediate(done));
  stream.change([worker(other)], ["one"], [worker(other)]);
  assert.equal(await (await answer).text(), "other");
});

test("a POST to a worker does not ride on an idle connection, which the worker may close just then", async (t) => {
  const control = await TestingPlace.start(t, "c");
  const one = await TestingPlace.start(t, "one");
  control.answer = new TestingStream(t).begin(worker(one)).answer;
  const orders = at(t, [control]);
  for (const method of ["GET", "GET", "POST", "GET", "POST"])
    await (await orders.fetch("/", { method })).text();
  assert.equal(one.connections, 3);
});
