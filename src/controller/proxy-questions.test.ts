import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxyQuestion, RequestRecord } from "../protocol/requests.ts";
import { trafficOf } from "../registry/testing-registry.ts";
import type { Controller } from "./controller.ts";
import { TestGateway } from "./testing-pair.ts";

function record(id: string, at: string, tookMs = 1): RequestRecord {
  return {
    id,
    at,
    tookMs,
    proxy: "proxy-1",
    kept: "failed",
    client: "127.0.0.1",
    method: "GET",
    host: "x",
    path: "/",
    query: "",
    status: 503,
    code: "queue-full",
    end: "own",
    queuedMs: 0,
    bytesIn: 0,
    bytesOut: 0,
    tries: [],
  };
}

/** A proxy attached to this controller that answers each question by these records. */
function attach(controller: Controller, proxy: string, records: readonly RequestRecord[]): string[] {
  const asks: string[] = [];
  controller.questions.listen((line) => {
    const { kind, ask, wanted } = JSON.parse(line) as ProxyQuestion;
    assert.equal(kind, "ask");
    asks.push(ask);
    const fitting = records.filter(({ id }) => wanted.id === undefined || wanted.id === id);
    assert.ok(controller.questions.answered({ v: 1, ask, proxy, records: [...fitting] }));
    assert.equal(controller.questions.answered({ v: 1, ask, proxy, records: [] }), false, "once only");
  });
  return asks;
}

/** Virtual time goes on until it is answered: a peer answers by its API, whose promises live outside of that time. */
async function within<Found>(gateway: TestGateway, asking: Promise<Found>): Promise<Found> {
  const turn = new Promise<"not yet">((resolve) => setImmediate(() => resolve("not yet")));
  for (let turns = 0; turns < 1_000; turns += 1) {
    await gateway.time.run(20);
    await new Promise((resolve) => setImmediate(resolve));
    const found = await Promise.race([asking, turn]);
    if (found !== "not yet") return found;
  }
  return assert.fail("it was not answered");
}

test("every proxy of every controller of every gateway is asked, each under a number of its own", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("a/controller-1");
  const elsewhere = { home: { gateway: "b", host: "b" } };
  const b = await gateway.start("b/controller-1", trafficOf([]), "d1", elsewhere);
  await gateway.time.run(1_000);
  const old = record("old", "2026-01-01T00:00:00.000Z", 90);
  const asks = [
    attach(a, "proxy-1", [old]),
    attach(a, "proxy-2", []),
    attach(b, "proxy-3", [record("new", "2026-01-01T00:00:01.000Z"), old]),
  ];
  const asking = gateway.ports(a).requests({ limit: 10 }, true);
  const { records, asked } = await within(gateway, asking);
  assert.deepEqual(asked, { proxies: ["proxy-1", "proxy-2", "proxy-3"], silent: [] });
  assert.deepEqual(
    records.map(({ id }) => id),
    ["new", "old"],
    "the newest first, none twice",
  );
  assert.equal(new Set(asks.flat()).size, 3);
});

test("a proxy that does not answer is named, and holds the answer up for a second at most", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  attach(a, "proxy-1", [record("one", "2026-01-01T00:00:00.000Z")]);
  a.questions.listen(() => {});
  const asking = gateway.ports(a).requests({ limit: 10 }, false);
  const { records, asked } = await within(gateway, asking);
  assert.equal(records.length, 1);
  assert.deepEqual(asked, { proxies: ["proxy-1"], silent: ["1 of the proxies of this controller"] });
});

test("without a proxy there is nothing to wait for; what nobody asked is not taken", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  const { records, asked } = await gateway.ports(a).requests({ limit: 10 }, false);
  assert.deepEqual([records, asked.proxies, asked.silent], [[], [], []]);
  assert.equal(a.questions.answered({ v: 1, ask: "guessed", proxy: "evil", records: [] }), false);
});
