import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { orderService } from "../cluster/order-service.ts";
import { tally } from "../drill/tally.ts";
import { deferred } from "../wait.ts";
import { OpenLoop } from "./open-loop.ts";
import type { LoadReport, RequestRecord } from "./record.ts";

const nothing = { proxiesLostAt: [], workersKilled: false };

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Loads `port` until `enough` records are there. */
async function load(
  port: number,
  enough: number,
  timeoutMs = 5000,
): Promise<{ records: RequestRecord[]; report: LoadReport }> {
  const records: RequestRecord[] = [];
  const reached = deferred();
  const loop = new OpenLoop(
    {
      target: { host: "127.0.0.1", port },
      name: "test",
      perSecond: 400,
      postShare: 0.2,
      freshShare: 0.1,
      connections: 4,
      timeoutMs,
    },
    systemClock,
    (record) => {
      records.push(record);
      if (records.length === enough) reached.resolve();
    },
  );
  loop.start();
  // The loop's own timers do not keep a process alive.
  const alive = setInterval(() => {}, 1000);
  await reached.promise;
  const report = await loop.stop();
  clearInterval(alive);
  return { records, report };
}

test("every request sent has one record, and a healthy service fails none", async (t) => {
  const executions = new Map<string, number>();
  const execute = (id: string): void => void executions.set(id, (executions.get(id) ?? 0) + 1);
  const port = await serve(t, orderService({ worker: "w", workMs: 1, execute }));
  const { records, report } = await load(port, 100);
  assert.equal(report.sent, report.planned);
  assert.equal(records.length, report.sent);
  assert.equal(new Set(records.map((record) => record.id)).size, report.sent);
  const sum = tally(records, executions, nothing);
  assert.deepEqual([sum.failed, sum.refused, sum.unexecuted, sum.doubled], [0, 0, [], []]);
  assert.equal(sum.answered, report.sent);
});

test("a refusing door is seen", async (t) => {
  const port = await serve(t, () => {});
  const gone = createServer();
  await new Promise<void>((done) => gone.listen(0, "127.0.0.1", done));
  const { port: freed } = gone.address() as AddressInfo;
  await new Promise((done) => gone.close(done));
  assert.notEqual(port, freed);
  const { records } = await load(freed, 10);
  assert.equal(tally(records, new Map(), nothing).refused, records.length);
});

test("a proxy that loses requests, answers for others or repeats a POST is caught", async (t) => {
  const executions = new Map<string, number>();
  const execute = (id: string): void => void executions.set(id, (executions.get(id) ?? 0) + 1);
  const honest = orderService({ worker: "w", workMs: 1, execute });
  let count = 0;
  const port = await serve(t, (request, response) => {
    count += 1;
    // The tenth request of each twenty is lost, the fifteenth gets the answer of another order.
    if (count % 20 === 10) return void request.socket.destroy();
    if (count % 20 === 15) request.url = "/orders/another";
    if (count % 20 === 15) request.method = "GET";
    honest(request, response);
  });
  const { records } = await load(port, 100);
  const posts = records.filter((record) => record.method === "POST" && record.outcome.kind === "answered");
  const repeated = posts[0]?.id ?? "";
  execute(repeated);
  const sum = tally(records, executions, nothing);
  assert.ok(sum.failed >= 5 + 5 - 1, `${sum.failed} failed`);
  assert.ok(Object.keys(sum.failures).some((name) => name.includes("another")));
  assert.ok(Object.keys(sum.failures).some((name) => name.includes("reset")));
  assert.deepEqual(sum.doubled, [repeated]);
});

test("a service that never answers does not slow the arrivals down", async (t) => {
  const arrived = deferred();
  let count = 0;
  const port = await serve(t, () => {
    count += 1;
    if (count === 50) arrived.resolve();
  });
  const { records, report } = await load(port, 1, 300);
  await arrived.promise;
  assert.ok(report.sent > 50);
  assert.equal(tally(records, new Map(), nothing).failed, report.sent);
});
