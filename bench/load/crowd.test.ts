import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { missingTool } from "../../test/tools.ts";
import { tlsFiles } from "../peers/tls-files.ts";
import type { Ask } from "../suite/cases.ts";
import { cases } from "../suite/cases.ts";
import { benchService } from "../workers/service.ts";
import { Crowd } from "./crowd.ts";

const askOf = (name: string): Ask => cases.find((one) => one.name === name)?.ask ?? assert.fail(name);

/** A crowd of four connections in front of a server; both are gone after the test. */
async function crowdBefore(
  t: TestContext,
  server: Server | TlsServer,
  ask: Ask,
  tls = false,
): Promise<Crowd> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const crowd = new Crowd({ target: { port, tls }, ask, connections: 4 });
  t.after(() => {
    crowd.close();
    server.close();
    server.closeAllConnections();
  });
  return crowd;
}

function counting(server: Server): () => number {
  let connections = 0;
  server.on("connection", () => (connections += 1));
  return () => connections;
}

for (const name of ["get", "answer-64k", "upload-1m", "headers-25", "websocket"]) {
  test(`${name}: each arrival is answered once, over the connections that were opened`, async (t) => {
    const server = benchService();
    const connections = counting(server);
    const crowd = await crowdBefore(t, server, askOf(name));
    await crowd.open();
    const { requests, latency } = await crowd.runOpen(200, 0.1);
    assert.equal(requests, 20);
    assert.ok(latency.p50 > 0 && latency.p50 <= latency.p99 && latency.p99 <= latency.max);
    assert.ok(latency.lateMax >= 0);
    assert.equal(connections(), 4);
    const closed = await crowd.runClosed(0.05);
    assert.ok(closed.requests >= 4);
    assert.equal(connections(), 4);
  });
}

test("a fresh connection for each request is one", async (t) => {
  const server = benchService();
  const connections = counting(server);
  const crowd = await crowdBefore(t, server, askOf("new-connection"));
  await crowd.open();
  assert.equal((await crowd.runOpen(200, 0.1)).requests, 20);
  assert.equal(connections(), 20);
  const { requests } = await crowd.runClosed(0.05);
  assert.ok(requests >= 4);
  assert.equal(connections(), 20 + requests);
});

test(
  "each TLS connection is one whole handshake, whatever the server would resume",
  { skip: missingTool("openssl", "openssl") },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "skein-bench-test-"));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const { certificate, key } = tlsFiles(directory);
    const pems = { cert: readFileSync(certificate), key: readFileSync(key) };
    const server = createTlsServer(pems, (_, response) => response.end("x".repeat(70)));
    const resumed: boolean[] = [];
    server.on("secureConnection", (socket) => resumed.push(socket.isSessionReused()));
    const crowd = await crowdBefore(t, server, askOf("tls-handshake"), true);
    await crowd.open();
    const { requests } = await crowd.runClosed(0.05);
    const open = await crowd.runOpen(200, 0.05);
    assert.equal(open.requests, 10);
    assert.deepEqual(
      resumed,
      Array.from({ length: requests + 10 }, () => false),
    );
  },
);

test("a connection that the server ends with an answer is replaced", async (t) => {
  const server = benchService();
  server.maxRequestsPerSocket = 3;
  const connections = counting(server);
  const crowd = await crowdBefore(t, server, askOf("get"));
  await crowd.open();
  assert.equal((await crowd.runOpen(200, 0.1)).requests, 20);
  // 4 + 20 requests, 3 on each.
  assert.ok(connections() >= 8, `${connections()}`);
});

test("arrivals do not wait for answers: those behind a held one count from when they were due", async (t) => {
  let held: (() => void) | undefined;
  let seen = 0;
  const body = "x".repeat(70);
  const server = createServer((_, response) => {
    seen += 1;
    const answer = (): void => void response.end(body);
    // The first four each ask once while they open; the next four are held, which is all connections.
    if (seen <= 4) return answer();
    const before = held;
    held = () => {
      before?.();
      answer();
    };
    if (seen < 8) return;
    // Some arrivals of the schedule are due while nobody is free.
    if (seen === 8) setTimeout(() => release(), 60);
    if (seen > 8) release();
  });
  const release = (): void => {
    held?.();
    held = undefined;
  };
  const crowd = await crowdBefore(t, server, askOf("get"));
  await crowd.open();
  const { requests, latency } = await crowd.runOpen(200, 0.1);
  assert.equal(requests, 20);
  assert.ok(latency.max >= 60, `${latency.max}`);
  // More than the four that were held are late, though they were sent after the release.
  assert.ok(latency.p50 >= 20, `${latency.p50}`);
});

test("one wrong answer is no measurement", async (t) => {
  let seen = 0;
  const server = createServer((_, response) => {
    seen += 1;
    if (seen === 12) response.statusCode = 503;
    response.end("x".repeat(70));
  });
  const crowd = await crowdBefore(t, server, askOf("get"));
  await crowd.open();
  await assert.rejects(crowd.runOpen(200, 0.1), /answered "HTTP\/1.1 503 Service Unavailable"/);
});
