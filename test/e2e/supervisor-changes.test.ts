import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import type { GatewayStatus } from "../../src/protocol/supervision.ts";
import { SupervisorError } from "../../src/supervisor/supervisor-error.ts";
import {
  allReady,
  eventually,
  kill,
  nobodyListensAt,
  startPlainWorker,
  stayingOf,
  TestGateway,
} from "./harness.ts";
import { SteadyClients } from "./steady-clients.ts";

async function startGateway(context: TestContext) {
  const { address } = await startPlainWorker(context);
  const configuration = { services: { web: { workers: [address], check: false } } };
  const gateway = await TestGateway.start(context, { configuration });
  return { gateway, configuration };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function pidsOf(status: GatewayStatus): number[] {
  return stayingOf(status).map(({ pid }) => pid);
}

function isRefused(code: string, words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof SupervisorError);
    assert.equal(error.code, code);
    assert.match(error.detail, words);
    return true;
  };
}

test("a broken configuration is refused as a whole, also by a supervisor that has to start with it", async (context) => {
  const { gateway, configuration } = await startGateway(context);
  const before = await gateway.status();
  writeFileSync(gateway.configFile, `{ "lisen": ":1" }`);
  await assert.rejects(gateway.reload(), isRefused("configuration-invalid", /lisen/));
  const refused = await gateway.status();
  assert.match(refused.configuration.error ?? "", /lisen/);
  assert.deepEqual(pidsOf(refused), pidsOf(before));

  kill(before.supervisor.pid, "SIGKILL");
  await gateway.until(
    "a supervisor with the last valid configuration",
    (status) => status.supervisor.pid !== before.supervisor.pid && allReady(status),
  );
  assert.equal((await fetch(gateway.url)).status, 200);

  gateway.configure({ ...configuration, control: "127.0.0.1:1" });
  await assert.rejects(gateway.reload(), isRefused("change-needs-restart", /control/));
  gateway.configure(configuration);
  assert.equal((await gateway.reload()).configuration.error, null);
});

test("where the gateway is stays known: the file is written again when somebody removes it, until the gateway has stopped", async (context) => {
  const { gateway } = await startGateway(context);
  const { control, pid } = gateway.file();
  rmSync(gateway.places.gatewayFile);
  await eventually(
    () => existsSync(gateway.places.gatewayFile) || undefined,
    () => "it is there again, and nobody asked for it",
  );
  assert.deepEqual([gateway.file().control, gateway.file().pid], [control, pid]);
  rmSync(gateway.places.gatewayFile);
  await gateway.reload();
  assert.equal(gateway.file().control, control, "a reload writes it at once");
  await gateway.stop();
  await eventually(
    () => gateway.processes().length === 0 || undefined,
    () => `the gateway ends; log:\n${gateway.log()}`,
  );
  assert.equal(existsSync(gateway.places.gatewayFile), false);
});

test("listeners come and go by reload, and no connection is lost", async (context) => {
  const { gateway, configuration } = await startGateway(context);
  const { url } = gateway;
  const port = await freePort();
  const fresh = new SteadyClients(context, url);
  const kept = new SteadyClients(context, url, { keepAlive: true });
  const before = await gateway.status();

  gateway.configure({ ...configuration, listen: ["127.0.0.1:0", `127.0.0.1:${port}`] });
  assert.equal((await gateway.reload()).listen.length, 2);
  const added = await gateway.until("the proxies are rolled", allReady);
  const controllersOf = ({ children }: GatewayStatus): number[] =>
    children.filter(({ role }) => role === "controller").map(({ pid }) => pid);
  assert.deepEqual(controllersOf(added), controllersOf(before));
  assert.equal((await fetch(`http://127.0.0.1:${port}`)).status, 200);

  gateway.configure(configuration);
  await gateway.reload();
  await gateway.until("the proxies are rolled again", allReady);
  // Connections of their own: the one that `fetch` has kept is served to its end. A proxy that leaves closes the door when it
  // is told, a moment after the status says so.
  await eventually(
    () => nobodyListensAt("127.0.0.1", port),
    () => `nobody listens at ${port} any more`,
  );

  assert.deepEqual((await fresh.stop()).failures, {});
  assert.deepEqual((await kept.stop()).failures, {});
});

test("a listener whose port is taken: the reload is refused, nothing changes", async (context) => {
  const { gateway, configuration } = await startGateway(context);
  const other = createServer().listen(0, "127.0.0.1");
  context.after(() => other.close());
  await once(other, "listening");
  const before = await gateway.status();
  const { port } = other.address() as AddressInfo;
  gateway.configure({ ...configuration, listen: ["127.0.0.1:0", `127.0.0.1:${port}`] });
  await assert.rejects(gateway.reload(), isRefused("address-in-use", new RegExp(String(port))));
  const after = await gateway.status();
  assert.deepEqual(pidsOf(after), pidsOf(before));
  assert.deepEqual(after.listen, before.listen);
});

test("the numbers of proxies and controllers change by SIGHUP", async (context) => {
  const { gateway, configuration } = await startGateway(context);
  const clients = new SteadyClients(context, gateway.url);
  const count = (status: GatewayStatus, role: string): number =>
    stayingOf(status).filter((child) => child.role === role).length;
  gateway.configure({ ...configuration, proxies: 3, controllers: 3 });
  kill(gateway.process.pid ?? 0, "SIGHUP");
  await gateway.until(
    "three of each",
    (status) => allReady(status) && count(status, "proxy") === 3 && count(status, "controller") === 3,
  );
  gateway.configure({ ...configuration, proxies: 1, controllers: 1 });
  kill(gateway.process.pid ?? 0, "SIGHUP");
  await gateway.until("one of each", (status) => allReady(status) && stayingOf(status).length === 2);
  assert.deepEqual((await clients.stop()).failures, {});
});

test("an upgrade replaces every process and loses nothing; the first process stays as the main one", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  const fresh = new SteadyClients(context, gateway.url);
  const kept = new SteadyClients(context, gateway.url, { keepAlive: true });
  const handedOver = await gateway.upgrade();
  assert.equal(handedOver.supervisor.pid, before.supervisor.pid, "answered by the one that was asked");
  const after = await gateway.until(
    "all are new",
    (status) => allReady(status) && !pidsOf(status).some((pid) => pidsOf(before).includes(pid)),
  );
  assert.notEqual(after.supervisor.pid, before.supervisor.pid);
  assert.equal(pidsOf(after).length, pidsOf(before).length);
  assert.equal(gateway.process.exitCode, null);

  // Again, now from a supervisor that nobody's terminal waits for: it must not stay behind.
  await gateway.upgrade();
  await gateway.until(
    "all are new again",
    (status) => allReady(status) && !pidsOf(status).some((pid) => pidsOf(after).includes(pid)),
  );
  await eventually(
    () => !gateway.processes().includes(after.supervisor.pid) || undefined,
    () => "the supervisor in between has ended",
  );
  assert.deepEqual((await fresh.stop()).failures, {});
  assert.deepEqual((await kept.stop()).failures, {});

  const exited = once(gateway.process, "exit");
  kill(gateway.process.pid ?? 0, "SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  // The main process ends with the last word of the supervisor, which is about to end.
  await eventually(
    () => gateway.processes().length === 0 || undefined,
    () => `nothing is left: ${gateway.processes().join(" ")}`,
  );
});

test("an upgrade that cannot start changes nothing", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  writeFileSync(gateway.configFile, "{");
  await assert.rejects(gateway.upgrade(), isRefused("upgrade-failed", /the old one goes on/));
  assert.deepEqual(pidsOf(await gateway.status()), pidsOf(before));
  assert.equal((await fetch(gateway.url)).status, 200);
});

test("a start that cannot succeed says why, and leaves nothing behind", async (context) => {
  const other = createServer().listen(0, "127.0.0.1");
  context.after(() => other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const gateway = TestGateway.prepare(context, { configuration: { listen: `127.0.0.1:${port}` } });
  assert.deepEqual(await once(gateway.up(), "exit"), [1, null]);
  assert.match(gateway.log(), new RegExp(`127.0.0.1:${port} is taken by another program`));
  assert.deepEqual(gateway.processes(), []);

  const args = ["up", "--config", gateway.configFile, "--state", `${gateway.configFile}/state`];
  assert.deepEqual(await once(gateway.skein(args), "exit"), [1, null]);
  assert.match(gateway.log(), /state directory .* cannot be used/);
});
