import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { allReady, eventually, kill, startPlainWorker, TestGateway } from "./harness.ts";
import { SteadyClients } from "./steady-clients.ts";

async function startGateway(context: TestContext): Promise<TestGateway> {
  const { address } = await startPlainWorker(context);
  const configuration = { services: { web: { workers: [address], check: false } } };
  return TestGateway.start(context, { configuration });
}

async function leadersTerm(gateway: TestGateway): Promise<number> {
  const answer = await fetch(`${gateway.controlUrl}/v1/controllers`);
  const { controllers } = (await answer.json()) as { controllers: { term: number }[] };
  return Math.max(...controllers.map(({ term }) => term));
}

test("the store's file is damaged: controllers leave, it is repaired, the term grows, requests never fail", async (context) => {
  const gateway = await startGateway(context);
  const clients = new SteadyClients(context, gateway.url);
  const term = await leadersTerm(gateway);
  const before = await gateway.pids("controller");
  for (const pid of before) kill(pid, "SIGSTOP");
  // The write-ahead log as well: it alone could make the file whole again.
  for (const path of [gateway.places.database, `${gateway.places.database}-wal`]) {
    const file = openSync(path, "r+");
    writeSync(file, Buffer.alloc(8_192, "damaged "), 0, 8_192, 0);
    closeSync(file);
  }
  for (const pid of before) kill(pid, "SIGKILL");
  await gateway.until(
    "new controllers with a new store",
    (status) => allReady(status) && !status.children.some(({ pid }) => before.includes(pid)),
  );
  await eventually(
    async () => ((await leadersTerm(gateway)) > term ? true : undefined),
    () => `a leader of a later term; log:\n${gateway.log()}`,
  );
  assert.ok(readdirSync(gateway.places.state).some((name) => /skein\.db\.corrupt/.test(name)));
  assert.deepEqual((await clients.stop()).failures, {});
});

test("only the controllers are left: one of them starts a supervisor, and all comes back", async (context) => {
  const gateway = await startGateway(context);
  const before = await gateway.status();
  const controllers = await gateway.pids("controller");
  kill(before.supervisor.pid, "SIGKILL");
  for (const { role, pid } of before.children) if (role === "proxy") kill(pid, "SIGKILL");
  const after = await gateway.until(
    "a new supervisor with new proxies",
    (status) => status.supervisor.pid !== before.supervisor.pid && allReady(status),
  );
  assert.deepEqual(new Set(await gateway.pids("controller")), new Set(controllers));
  assert.equal(after.children.length, 4);
  assert.equal((await fetch(gateway.url)).status, 200);
});

test("systemd's sockets are taken, and a restarted main process stands in for the supervisor that it finds", async (context) => {
  const { address } = await startPlainWorker(context);
  const listening = createServer().listen(0, "127.0.0.1");
  context.after(() => listening.close());
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const { fd } = (listening as unknown as { _handle: { fd: number } })._handle;
  const gateway = TestGateway.prepare(context, {
    configuration: { listen: `127.0.0.1:${port}`, services: { web: { workers: [address], check: false } } },
  });
  // The shell's pid is the one that systemd would write, and exec keeps it.
  const line = `LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"`;
  const command = gateway.command(["up", "--attach", "--config", gateway.configFile]);
  const first = spawn("/bin/sh", ["-c", line, "sh", ...command], {
    stdio: ["ignore", "ignore", "ignore", fd],
    cwd: gateway.directory,
  });
  const { supervisor } = await gateway.until("every process is ready", allReady);
  assert.equal(supervisor.pid, first.pid);
  // This process must not accept what is meant for the gateway.
  listening.close();
  assert.equal(await (await fetch(gateway.url)).text(), "w1");

  kill(supervisor.pid, "SIGKILL");
  const second = gateway.skein(["up", "--attach", "--config", gateway.configFile]);
  const after = await gateway.until(
    "a supervisor that a proxy has started",
    (status) => status.supervisor.pid !== supervisor.pid && allReady(status),
  );
  assert.notEqual(after.supervisor.pid, second.pid);
  assert.equal(second.exitCode, null);
  await eventually(
    () => gateway.log().includes("standing in") || undefined,
    () => "the new main process stands in",
  );
  kill(second.pid ?? 0, "SIGTERM");
  assert.deepEqual(await once(second, "exit"), [0, null]);
  await eventually(
    () => gateway.processes().length === 0 || undefined,
    () => `nothing is left, but ${gateway.processes().join(", ")}`,
  );
});
