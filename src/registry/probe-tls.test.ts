import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { type IssuedFiles, noOpenssl, TestAuthority } from "../../test/certificates.ts";
import type { WorkerTls } from "../protocol/configuration.ts";
import { readAuthorities } from "../runtime/authorities.ts";
import { systemClock } from "../runtime/clock.ts";
import { unhurried } from "../core/health/inquiry.ts";
import { netProber, type ProbeResult, type Question } from "./probe.ts";

const skip = noOpenssl;
const get: Question = { kind: "http", method: "GET", path: "/healthz" };

async function secureWorker(
  context: TestContext,
  files: IssuedFiles,
): Promise<{ port: number; hosts: string[] }> {
  const hosts: string[] = [];
  const options = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const server: Server = createServer(options, (request, response) => {
    hosts.push(request.headers.host ?? "");
    response.writeHead(204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, hosts };
}

function ask(
  port: number,
  question: Question,
  settings: WorkerTls,
  serverName?: string,
): Promise<ProbeResult> {
  const tls = { service: "web", worker: "w1", settings, serverName };
  return netProber(systemClock)({ host: "127.0.0.1", port, tls }, question, unhurried(5_000));
}

function trusting(authority: TestAuthority): WorkerTls {
  const reading = readAuthorities(authority.ca);
  return { ca: { file: authority.ca, digest: reading.ok ? reading.digest : "" }, verify: true };
}

test("checks go by TLS: a connect means a handshake with the right one", { skip }, async (context) => {
  const authority = new TestAuthority(context);
  const worker = await secureWorker(context, authority.issue(["web.internal"]));
  const tls = trusting(authority);
  assert.deepEqual(await ask(worker.port, { kind: "connect" }, tls, "web.internal"), { kind: "connected" });
  assert.deepEqual(await ask(worker.port, get, tls, "web.internal"), { kind: "answered", status: 204 });
  assert.deepEqual(worker.hosts, [`web.internal:${worker.port}`]);
  assert.deepEqual(await ask(worker.port, get, tls, "other.internal"), { kind: "silent" });
  assert.deepEqual(
    await ask(worker.port, { kind: "connect" }, tls),
    { kind: "silent" },
    "not for its address",
  );
  assert.equal(worker.hosts.length, 1);
});

test("an impostor passes no check; refused stays refused", { skip }, async (context) => {
  const authority = new TestAuthority(context);
  const impostor = await secureWorker(context, authority.selfSigned("web.internal"));
  const tls = trusting(authority);
  assert.deepEqual(await ask(impostor.port, { kind: "connect" }, tls, "web.internal"), { kind: "silent" });
  assert.deepEqual(await ask(impostor.port, { kind: "connect" }, { verify: false }), { kind: "connected" });
  assert.deepEqual(await ask(1, { kind: "connect" }, tls, "web.internal"), { kind: "refused" });
});
