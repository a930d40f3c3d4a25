import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ChildAssignment, ChildFrame, SupervisorFrame } from "../protocol/supervision.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { encodeLine, JsonLines } from "../runtime/json-lines.ts";
import { placesIn } from "../runtime/places.ts";
import { TestController } from "./testing/testing-controller.ts";
import { connectTo, TestWorker, until } from "./testing/testing-peers.ts";
import { testRoute, testTable, testWorkerRow } from "./testing/testing-table.ts";

interface TestContext {
  after(fn: () => void): void;
}

/** A supervisor of which the test sees and says every frame. */
async function fakeSupervisor(context: TestContext, socketPath: string) {
  const frames: ChildFrame[] = [];
  const say: ((frame: SupervisorFrame) => void)[] = [];
  const server = createServer((socket) => {
    const lines = new JsonLines();
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => frames.push(...(lines.push(chunk) as ChildFrame[])));
    say.push((frame) => socket.write(encodeLine(frame)));
    context.after(() => socket.destroy());
  });
  server.listen(socketPath);
  await once(server, "listening");
  context.after(() => server.close());
  return { frames, say: (frame: SupervisorFrame) => say.at(-1)?.(frame) };
}

function doorFd(door: Server): number {
  return (door as unknown as { _handle: { fd: number } })._handle.fd;
}

/** A process of its own with one door, which it inherits; its assignment is completed by `parts`. */
async function startProxy(context: TestContext, parts: Partial<ChildAssignment> & { state: string }) {
  const door = createServer().listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address() as AddressInfo;
  const assignment: ChildAssignment = {
    role: "proxy",
    name: "proxy-1",
    epoch: 1,
    listeners: [{ name: "test", fd: 3 }],
    control: { address: "127.0.0.1:0", fd: 4 },
    store: { driver: "memory" },
    supervisor: { args: [] },
    ...parts,
  };
  const child = spawn(process.execPath, [...inheritedNodeFlags(), entryFile("proxy/main")], {
    stdio: ["ignore", "inherit", "inherit", doorFd(door), doorFd(door)],
    env: { ...process.env, SKEIN_CHILD: JSON.stringify(assignment), SKEIN_LOG_LEVEL: "error" },
  });
  const exited = once(child, "exit");
  context.after(() => child.kill("SIGKILL"));
  // The door of this process would take connections too.
  door.close();
  return { port, exited, child };
}

test("a proxy process listens on inherited sockets, forwards, reports, and drains when told", async (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-proxy-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  const supervisor = await fakeSupervisor(context, places.supervisorSocket);
  const worker = (await new TestWorker().listen()).answerAll("from the worker");
  context.after(() => worker.close());
  const limited = testRoute({
    name: "/limited",
    match: { ...testRoute().match, path: { kind: "exact", path: "/limited" } },
    rateLimit: { requests: 8, perMs: 3_600_000, burst: 8, key: { from: "address" } },
  });
  const table = testTable({ routes: [limited, testRoute()], workers: [testWorkerRow(worker.port)] });
  const controller = new TestController((stream) =>
    stream.write(`${JSON.stringify({ kind: "full", table })}\n`),
  );
  controller.sharers = 4;
  await controller.listen(places.controllerSocket("controller-1"));
  context.after(() => controller.close());
  controller.keepAlive(1, 1);

  const { port, exited } = await startProxy(context, { state });

  await until(() => supervisor.frames.some((frame) => frame.t === "ready"), "ready");
  assert.equal(supervisor.frames[0]?.t, "hello");
  assert.match(controller.queries[0] ?? "", /term=0&revision=0/);
  const me = await connectTo(port);
  context.after(() => me.close());
  me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.equal((await me.message()).body, "from the worker");
  supervisor.say({ t: "ping", n: 7 });
  await until(
    () => supervisor.frames.some((frame) => frame.t === "pong" && frame.n === 7 && frame.term === 1),
    "pong",
  );
  await until(
    () => controller.statistics.some((report) => report.services["web"]?.requests === 1),
    "statistics",
  );
  // The answer to the first report was there before the second was sent.
  await until(() => controller.statistics.length >= 2, "another report");
  const statuses: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    me.send("GET /limited HTTP/1.1\r\nHost: x\r\n\r\n");
    statuses.push((await me.message()).head.slice(9, 12));
  }
  assert.deepEqual(statuses, ["200", "200", "429"], "one of four proxies lets through a quarter of eight");

  const other = await connectTo(port);
  context.after(() => other.close());
  worker.kill();
  other.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  await until(
    () => controller.evidence.some((report) => report.items.some((item) => item.kind === "refused")),
    "evidence",
  );
  supervisor.say({ t: "drain", withinMs: 100 });
  await until(() => supervisor.frames.some((frame) => frame.t === "drained"), "drained");
  assert.deepEqual(await exited, [0, null]);
  assert.deepEqual([controller.statistics[0]?.leaving, controller.statistics.at(-1)?.leaving], [false, true]);
});

test("a proxy that is ended by a signal says at once that it leaves", async (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-proxy-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  const supervisor = await fakeSupervisor(context, places.supervisorSocket);
  const worker = await new TestWorker().listen();
  context.after(() => worker.close());
  const table = testTable({ routes: [testRoute()], workers: [testWorkerRow(worker.port)] });
  const controller = new TestController((stream) =>
    stream.write(`${JSON.stringify({ kind: "full", table })}\n`),
  );
  await controller.listen(places.controllerSocket("controller-1"));
  context.after(() => controller.close());
  const { port, child } = await startProxy(context, { state });
  await until(() => supervisor.frames.some((frame) => frame.t === "ready"), "ready");
  const me = await connectTo(port);
  context.after(() => me.close());
  me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await (await worker.connection()).message();
  child.kill("SIGTERM");
  await until(() => supervisor.frames.some((frame) => frame.t === "leaving"), "leaving");
  assert.equal(
    supervisor.frames.some((frame) => frame.t === "drained"),
    false,
  );
});

test("without an answer of a far controller the table known last serves, with what this host says of its listeners now", async (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-proxy-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  await fakeSupervisor(context, places.supervisorSocket);
  const table = testTable({ routes: [testRoute()] });
  const before = { ...table, proxy: { ...table.proxy, receptions: { test: { kind: "http" } } } };
  writeFileSync(places.tableFile, JSON.stringify(before));
  const receptions = { test: { kind: "redirect", port: 8443 } as const };
  const { port } = await startProxy(context, { state, follow: { urls: ["http://127.0.0.1:1"], receptions } });
  const me = await connectTo(port);
  context.after(() => me.close());
  me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match((await me.message()).head, /^HTTP\/1\.1 308 .*location: https:\/\/x:8443\//is);
});
