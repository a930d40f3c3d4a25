import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import type { SkeinError } from "../../protocol/error.ts";
import { client, type ServiceClient } from "./client.ts";
import { TestingPlace } from "./testing-place.ts";

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
  await assert.rejects(put(["1234", `5${smuggled}`], 5), /content-length says 5/);
  await assert.rejects(put(["1234", "5"], 9), /gave 5 bytes, and content-length says 9/);
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
