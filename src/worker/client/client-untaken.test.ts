import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { CallOptions } from "./call-options.ts";
import { client, type ServiceClient } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import type { BodyGiven } from "./request-body.ts";
import { endless, failedBefore, waitingStreams } from "./testing-streams.ts";

const limits = { timeout: 30_000 };
const mine = new Error("my disk is broken");

/** Nobody listens there. */
const nowhere = "127.0.0.1:1";

function calling(t: TestContext, options: ClientOptions): ServiceClient {
  const orders = client("orders", options);
  t.after(() => orders.close());
  return orders;
}

const knowsNobody = (t: TestContext): ServiceClient => calling(t, { control: nowhere });
const knowsOne = (t: TestContext): ServiceClient => calling(t, { gateways: nowhere });
const closed = (t: TestContext): ServiceClient => {
  const orders = knowsOne(t);
  orders.close();
  return orders;
};

const failing: [string, () => BodyGiven][] = [
  [
    "a stream of Node that fails",
    () => {
      const body = endless();
      setImmediate(() => body.destroy(mine));
      return body;
    },
  ],
  ["a stream of Node that failed before", () => failedBefore(mine)],
  [
    "a stream of the web that fails",
    () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => void setImmediate(() => controller.error(mine)),
      }),
  ],
];

for (const [what, body] of failing) {
  test(`${what} while nobody is known: the call is rejected with its error`, limits, async (t) => {
    const asked = knowsNobody(t).fetch("/", { method: "POST", body: body() });
    await assert.rejects(asked, (error) => error === mine);
  });
}

const untried: [string, object, (t: TestContext) => ServiceClient, CallOptions?, string?][] = [
  ["its client is closed", { code: "invalid" }, closed],
  ["nobody is known", { code: "gateway-unreachable" }, knowsNobody],
  ["the path is none", { code: "invalid" }, knowsNobody, {}, "pay"],
  ["a header is none", { code: "invalid" }, knowsNobody, { headers: { "content-length": "x" } }],
  ["its signal is aborted", mine, knowsNobody, { signal: AbortSignal.abort(mine) }],
  ["its time is over", { code: "deadline-passed" }, knowsOne, { deadline: Date.now() - 1_000 }],
];

for (const [why, error, made, options, path = "/"] of untried) {
  test(`the stream of a call that is not tried is let go: ${why}`, limits, async (t) => {
    const orders = made(t);
    for (const [, body, gone] of waitingStreams()) {
      await assert.rejects(orders.fetch(path, { method: "POST", body, ...options }), error);
      await gone;
    }
  });
}
