import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import type { SkeinError } from "../../protocol/error.ts";
import { client, type ServiceClient } from "./client.ts";
import type { BodyGiven } from "./request-body.ts";
import { TestingPlace } from "./testing-place.ts";
import { endless, failedBefore } from "./testing-streams.ts";

async function one(t: TestContext): Promise<{ place: TestingPlace; orders: ServiceClient }> {
  const place = await TestingPlace.start(t, "one");
  const orders = client("orders", { gateways: place.address });
  t.after(() => orders.close());
  return { place, orders };
}

const invalid = (what: RegExp) => (error: SkeinError) => {
  assert.equal(error.code, "invalid", String(error));
  assert.match(error.detail, what);
  return true;
};

const smuggled = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";

for (const method of ["DELETE", "GET", "OPTIONS", "POST"]) {
  test(`a stream is the body of a ${method}, and never the next request`, async (t) => {
    const { place, orders } = await one(t);
    const answer = await orders.fetch("/", { method, body: Readable.from([smuggled]) });
    assert.equal(await answer.text(), "one");
    await (await orders.fetch("/after")).text();
    assert.deepEqual(
      place.asked.map(({ url, body }) => [url, body]),
      [
        ["/", smuggled],
        ["/after", ""],
      ],
    );
    assert.equal(place.connections, 1);
  });
}

test("words about another connection, passed on without its body, do not touch this one", async (t) => {
  const { place, orders } = await one(t);
  const headers = { "content-length": "40", connection: "close", "transfer-encoding": "chunked" };
  for (const url of ["/1", "/2"]) assert.equal(await (await orders.fetch(url, { headers })).text(), "one");
  assert.deepEqual(
    place.asked.map(({ url, body }) => [url, body]),
    [
      ["/1", ""],
      ["/2", ""],
    ],
  );
  assert.equal(place.connections, 1);
});

test("a stream of another length than declared is its caller's error, and no byte of it goes astray", async (t) => {
  const { place, orders } = await one(t);
  const put = async (body: string[], length: number): Promise<Response> =>
    orders.fetch("/", {
      method: "PUT",
      headers: { "content-length": String(length) },
      body: Readable.from(body),
    });
  await assert.rejects(put(["1234", `5${smuggled}`], 5), invalid(/content-length says 5/));
  await assert.rejects(put(["1234", "5"], 9), invalid(/gave 5 bytes, and content-length says 9/));
  assert.equal(await (await put(["123", "é"], 5)).text(), "one");
  assert.deepEqual(
    place.asked.map(({ body }) => body),
    ["123é"],
  );
  await assert.rejects(
    orders.fetch("/", {
      method: "PUT",
      headers: { "content-length": "5, 5" },
      body: Readable.from(["12345"]),
    }),
    invalid(/content-length must be/),
  );
});

const mine = new Error("my disk is broken");
const webStream = (start: (controller: ReadableStreamDefaultController<unknown>) => void): BodyGiven =>
  new ReadableStream<unknown>({ start }) as ReadableStream<Uint8Array>;
const failing: [string, () => BodyGiven, (error: SkeinError) => boolean][] = [
  [
    "a stream of Node that is destroyed",
    () => {
      const body = endless();
      body.push("begin");
      setImmediate(() => body.destroy(mine));
      return body;
    },
    (error) => error === (mine as object),
  ],
  ["a stream that has failed before", () => failedBefore(mine), (error) => error === (mine as object)],
  [
    "a stream of the web",
    () => webStream((controller) => controller.error(mine)),
    (error) => error === (mine as object),
  ],
  ["a generator that throws after its first chunk", () => throwing(), (error) => error === (mine as object)],
  [
    "a chunk that is none",
    () => Readable.from(["begin", { a: 1 }]),
    invalid(/strings or Uint8Arrays.*object/),
  ],
  [
    "a chunk of a web stream that is none",
    () => webStream((controller) => controller.enqueue(7)),
    invalid(/number/),
  ],
  [
    "a stream that somebody else reads",
    () => {
      const body = new ReadableStream<Uint8Array>();
      body.getReader();
      return body;
    },
    (error) => error instanceof TypeError && /lock/i.test(error.message),
  ],
];

async function* throwing(): AsyncGenerator<string> {
  yield "begin";
  throw mine;
}

for (const [what, body, expected] of failing) {
  test(`its caller's own error, and nobody's else: ${what}`, async (t) => {
    const { place, orders } = await one(t);
    await assert.rejects(orders.fetch("/", { method: "POST", body: body() }), expected);
    assert.deepEqual(orders.endpoints, [{ address: place.address, avoided: false, inFlight: 0 }]);
    assert.equal(await (await orders.fetch("/after")).text(), "one");
    assert.deepEqual(
      place.asked.map(({ url }) => url),
      ["/after"],
    );
  });
}
