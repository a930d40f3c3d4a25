import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { test, type TestContext } from "node:test";
import { SkeinError } from "../../protocol/error.ts";
import type { ClientOptions } from "./client-options.ts";
import { client, type ServiceClient } from "./client.ts";
import { problemOf, TestingPlace } from "./testing-place.ts";

function through(t: TestContext, places: TestingPlace[], options: ClientOptions = {}): ServiceClient {
  const made = client("orders", { gateways: places.map(({ address }) => address), ...options });
  t.after(() => made.close());
  return made;
}

async function pair(
  t: TestContext,
): Promise<{ one: TestingPlace; other: TestingPlace; orders: ServiceClient }> {
  const [one, other] = [await TestingPlace.start(t, "one"), await TestingPlace.start(t, "other")];
  return { one, other, orders: through(t, [one, other]) };
}

const failure = (code: string, fault: string) => (error: unknown) => {
  assert.ok(error instanceof SkeinError, String(error));
  assert.deepEqual([error.code, error.problem.fault], [code, fault], error.message);
  return true;
};

/** Asks until each place has answered, so that each has an idle connection. */
async function warm(orders: ServiceClient, ...places: TestingPlace[]): Promise<void> {
  while (places.some((place) => place.asked.length === 0)) await (await orders.fetch("/")).text();
}

test("an answer is a Response, whatever its status; bodies as fetch writes them", async (t) => {
  const place = await TestingPlace.start(t, "one");
  const orders = through(t, [place], { prefix: "/orders" });
  place.answer = (_request, response) => {
    response.writeHead(422, { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] });
    response.end('{"why":"too many"}');
  };
  const answer = await orders.fetch("/7 b?x=é#part", {
    method: "post",
    body: new URLSearchParams({ count: "9" }),
  });
  assert.equal(answer.status, 422);
  assert.deepEqual(await answer.json(), { why: "too many" });
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.deepEqual(place.asked, [
    {
      method: "POST",
      url: "/orders/7%20b?x=%C3%A9",
      body: "count=9",
      type: "application/x-www-form-urlencoded;charset=UTF-8",
    },
  ]);
  place.answer = (_request, response) => void response.writeHead(204).end();
  const empty = await orders.fetch("/", { headers: { "x-a": "1" }, method: "DELETE" });
  assert.deepEqual([empty.status, empty.body], [204, null]);
});

test("Host: the client's own; without one that of the headers, and else the gateway's address", async (t) => {
  const place = await TestingPlace.start(t, "one");
  place.answer = (request, response) => void response.end(request.headers.host);
  const passedOn = { headers: { host: "shop.example.com" } };
  const named = through(t, [place], { host: "payments.internal" });
  assert.equal(await (await named.fetch("/", passedOn)).text(), "payments.internal");
  assert.equal(await (await named.fetch("/")).text(), "payments.internal");
  const unnamed = through(t, [place]);
  assert.equal(await (await unnamed.fetch("/", passedOn)).text(), "shop.example.com");
  assert.equal(await (await unnamed.fetch("/")).text(), place.address);
});

test("a call with an option that is none is refused, and nothing is sent", async (t) => {
  const place = await TestingPlace.start(t, "one");
  const options = { method: "POST", idempotant: true };
  await assert.rejects(through(t, [place]).fetch("/", options), {
    code: "invalid",
    message: /"idempotent"\?/,
  });
  assert.equal(place.connections, 0);
});

test("a path that is none is refused, with what to give instead", async () => {
  const orders = client("orders", { gateways: "127.0.0.1:1" });
  const wrong: [unknown, RegExp][] = [
    ["orders/7", /a path is text that begins with \/, not "orders\/7"$/],
    [new URL("http://orders/7?x"), /not a URL: give its pathname \+ search$/],
    [undefined, /not undefined$/],
    [new Request("http://orders/7"), /not \[object Request\]$/],
  ];
  for (const [path, message] of wrong)
    await assert.rejects(orders.fetch(path as string), { code: "invalid", message });
});

test("requests one after the other ride on one connection; a POST to a gateway too", async (t) => {
  const place = await TestingPlace.start(t, "one");
  const orders = through(t, [place]);
  for (let count = 0; count < 10; count += 1) {
    const answer = await orders.fetch("/", { method: count % 2 === 0 ? "GET" : "POST" });
    assert.equal(await answer.text(), "one");
  }
  assert.equal(place.connections, 1);
});

test("a gateway that is gone costs nothing but its connections; back again it is used again", async (t) => {
  const { one, other, orders } = await pair(t);
  await warm(orders, one, other);
  one.go();
  for (let count = 0; count < 50; count += 1) {
    assert.equal(await (await orders.fetch("/", { method: "PUT", body: "x" })).text(), "other");
  }
  const avoided = orders.endpoints.find(({ address }) => address === one.address);
  assert.equal(avoided?.avoided, true);
  await one.come();
  // Nobody has to be sent there to find out: it is probed.
  while (orders.endpoints.some((endpoint) => endpoint.avoided)) await (await orders.fetch("/")).text();
});

test("lost under a request: one that may be repeated is, another is told that nobody knows", async (t) => {
  const { one, other, orders } = await pair(t);
  let resets = 0;
  for (const place of [one, other]) {
    place.answer = (request, response) => {
      resets += 1;
      if (resets % 2 === 1) request.socket.resetAndDestroy();
      else response.end("after a retry");
    };
  }
  assert.equal(await (await orders.fetch("/")).text(), "after a retry");
  const key = { method: "POST", body: "{}", idempotent: true };
  assert.equal(await (await orders.fetch("/", key)).text(), "after a retry");
  const before = one.asked.length + other.asked.length;
  await assert.rejects(
    orders.fetch("/", { method: "POST", body: "{}" }),
    failure("outcome-unknown", "worker"),
  );
  assert.equal(one.asked.length + other.asked.length, before + 1);
});

test("a body that is a stream is sent once", async (t) => {
  const { one, other, orders } = await pair(t);
  for (const place of [one, other]) place.answer = (request) => request.socket.resetAndDestroy();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from("all of it"));
      controller.close();
    },
  });
  await assert.rejects(orders.fetch("/", { method: "PUT", body }), failure("worker-reset", "worker"));
  assert.deepEqual(
    [...one.asked, ...other.asked].map(({ body: text }) => text),
    ["all of it"],
  );
});

test("a gateway that falls silent: what may be repeated moves, a POST waits for its time", async (t) => {
  const { one, other, orders } = await pair(t);
  await warm(orders, one, other);
  one.silent = true;
  const gets = Array.from({ length: 20 }, async () => (await orders.fetch("/")).text());
  const posts = Array.from({ length: 8 }, () => orders.fetch("/", { method: "POST", timeoutMs: 1_500 }));
  const ends = Promise.allSettled(posts);
  assert.deepEqual(new Set(await Promise.all(gets)), new Set(["other"]));
  const settled = await ends;
  const rejected = settled.filter((one) => one.status === "rejected");
  assert.ok(rejected.length > 0);
  for (const { reason } of rejected) failure("head-timeout", "worker")(reason);
  assert.equal(other.asked.filter(({ method }) => method === "POST").length, posts.length - rejected.length);
});

test("slow is not silent: who answers the question whether it lives keeps its requests", async (t) => {
  const { one, other, orders } = await pair(t);
  for (const place of [one, other]) {
    place.answer = (_request, response) => void setTimeout(() => response.end(place.name), 900);
  }
  await (await orders.fetch("/")).text();
  assert.equal(one.asked.length + other.asked.length, 1);
});

test("a gateway's own answer: another is asked where that is safe, and it is an error with its fault", async (t) => {
  const { one, other, orders } = await pair(t);
  one.answer = problemOf(503, "no-live-worker");
  for (let count = 0; count < 20; count += 1)
    assert.equal(await (await orders.fetch("/", { method: "POST" })).text(), "other");
  assert.ok(one.asked.length <= 2, "it is not asked again and again");
  other.answer = problemOf(502, "outcome-unknown");
  await assert.rejects(orders.fetch("/", { method: "POST" }), failure("outcome-unknown", "worker"));
  for (const place of [one, other]) place.answer = problemOf(404, "no-route");
  const before = one.asked.length + other.asked.length;
  await assert.rejects(orders.fetch("/"), failure("no-route", "operator"));
  assert.equal(one.asked.length + other.asked.length, before + 1);
});

test("nobody listens: the error says so, and that a retry is safe; an outage of a moment only takes time", async (t) => {
  const { one, other, orders } = await pair(t);
  one.go();
  other.go();
  await assert.rejects(orders.fetch("/", { method: "POST" }), (error: SkeinError) => {
    failure("gateway-unreachable", "gateway")(error);
    assert.equal(error.problem.retry, "safe");
    assert.equal((error.cause as NodeJS.ErrnoException).code, "ECONNREFUSED");
    return true;
  });
  const waiting = orders.fetch("/", { method: "POST" });
  await other.come();
  assert.equal(await (await waiting).text(), "other");
});

test("an abort, a time and a deadline end a call, and its request", async (t) => {
  const place = await TestingPlace.start(t, "one");
  const gone = new Promise<void>((resolve) => {
    place.answer = (request) => void request.socket.once("close", () => resolve());
  });
  const orders = through(t, [place]);
  const controller = new AbortController();
  const aborted = orders.fetch("/", { signal: controller.signal });
  while (place.asked.length === 0) await new Promise((done) => setImmediate(done));
  controller.abort(new Error("not wanted any more"));
  await assert.rejects(aborted, /not wanted any more/);
  await gone;
  await assert.rejects(orders.fetch("/", { timeoutMs: 50 }), failure("head-timeout", "worker"));
  const deadline = new Date(Date.now() + 50);
  await assert.rejects(orders.fetch("/", { deadline }), failure("head-timeout", "worker"));
});

test("a call whose time is over before it is sent is not sent", async (t) => {
  const { one, other, orders } = await pair(t);
  const deadline = new Date(Date.now() - 1_000);
  await assert.rejects(orders.fetch("/", { method: "POST", deadline }), failure("deadline-passed", "client"));
  assert.deepEqual([...one.asked, ...other.asked], []);
});

test("a service that passes on what another gateway told it has answered: its POST is not done twice", async (t) => {
  const { one, other, orders } = await pair(t);
  for (const place of [one, other])
    place.answer = (_request, response) =>
      response
        .writeHead(503, { via: "1.1 skein", "x-skein-reason": "no-live-worker", "x-skein-retry": "safe" })
        .end("no stock");
  const answer = await orders.fetch("/", { method: "POST", body: "{}" });
  assert.deepEqual([answer.status, await answer.text()], [503, "no stock"]);
  assert.equal(one.asked.length + other.asked.length, 1);
});

test("an answer that is cut is an error, never a short answer", async (t) => {
  const place = await TestingPlace.start(t, "one");
  place.answer = (request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setImmediate(() => request.socket.destroy());
  };
  const orders = through(t, [place]);
  const answer = await orders.fetch("/");
  await assert.rejects(answer.text(), failure("bad-answer", "worker"));
});

test("a status that no Response can have is a bad answer", async (t) => {
  const place = await TestingPlace.start(t, "one");
  place.answer = (_request, response) => void response.writeHead(999).end();
  await assert.rejects(through(t, [place]).fetch("/"), failure("bad-answer", "worker"));
});

test("a large answer is read as fast as its caller reads, and no faster", async (t) => {
  const place = await TestingPlace.start(t, "one");
  const piece = Buffer.alloc(64 * 1024, "x");
  let written = 0;
  const send = async (response: ServerResponse): Promise<void> => {
    while (written < 1_024) {
      written += 1;
      if (!response.write(piece)) await once(response, "drain");
    }
    response.end();
  };
  place.answer = (_request, response) => void send(response);
  const orders = through(t, [place]);
  const reader = (await orders.fetch("/")).body?.getReader();
  const first = await reader?.read();
  // Everything that may flow has flowed when the other side has not been let on for as many turns as it takes to notice.
  let last = -1;
  while (last !== written) {
    last = written;
    for (let turn = 0; turn < 200; turn += 1) await new Promise((done) => setImmediate(done));
  }
  assert.ok(written < 512, `${written} pieces went out unread`);
  let bytes = first?.value?.byteLength ?? 0;
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
    bytes += part.value.byteLength;
  assert.equal(bytes, 1_024 * piece.length);
});
