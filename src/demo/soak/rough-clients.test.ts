import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { seededRandom } from "../../runtime/random.ts";
import { startTestProxy } from "../../proxy/testing/testing-proxy.ts";
import { until } from "../../proxy/testing/testing-peers.ts";
import { testWorkerRow } from "../../proxy/testing/testing-table.ts";
import { RoughClients } from "./rough-clients.ts";
import { soakService } from "./soak-service.ts";

test("rough clients leave nothing behind, and nobody gets what is wrong", async (context) => {
  const server = createServer(soakService({ worker: "w", workMs: 1, execute() {} })).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port, proxy, table } = await startTestProxy(context);
  table({
    workers: [testWorkerRow((server.address() as AddressInfo).port)],
    timeouts: { stalledClientMs: 500, idleClientMs: 500, headMs: 500 },
  });
  const clients = new RoughClients(
    { target: { host: "127.0.0.1", port }, perSecond: 60, attacksPerSecond: 20, stalledMs: 500 },
    systemClock,
    seededRandom(1),
  );
  clients.start();
  await until(() => Object.values(clients.counts).every((count) => count.begun > 1), "all manners", 30_000);
  await clients.stop();
  for (const [name, { wrong, stuck, open }] of Object.entries(clients.counts)) {
    assert.deepEqual({ name, wrong, stuck, open }, { name, wrong: 0, stuck: 0, open: 0 });
  }
  await until(() => proxy.report().connections.open === 0, "no connection is left");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});
