import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import type { GatewayStatus } from "../../src/protocol/supervision.ts";
import { allReady, eventually, kill, nobodyListensAt, startPlainWorker, TestGateway } from "./harness.ts";
import { SteadyClients } from "./steady-clients.ts";

/** A static worker that needs no check: what fails in these tests is the gateway's. */
function webOf(address: string): Record<string, unknown> {
  return { services: { web: { workers: [address], check: false } } };
}

/** Who runs under which name; leadership may move at any time. */
function processesOf({ supervisor, children }: GatewayStatus): unknown {
  return [supervisor.pid, children.map(({ name, pid, restarts }) => [name, pid, restarts])];
}

async function startGateway(
  context: Parameters<typeof TestGateway.start>[0],
  more: Record<string, unknown> = {},
) {
  const { address, server } = await startPlainWorker(context);
  const gateway = await TestGateway.start(context, { configuration: { ...webOf(address), ...more } });
  return { gateway, address, worker: server };
}

test("kill -9 of the supervisor: another one comes, adopts everybody, and no connection is refused", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  const clients = new SteadyClients(context, gateway.url);
  kill(before.supervisor.pid, "SIGKILL");
  const after = await gateway.until(
    "a new supervisor has adopted the children",
    (status) => status.supervisor.pid !== before.supervisor.pid && allReady(status),
  );
  const { answered, failures } = await clients.stop();
  assert.deepEqual(
    new Set(after.children.map(({ pid }) => pid)),
    new Set(before.children.map(({ pid }) => pid)),
    "nobody is replaced, nobody doubled",
  );
  assert.deepEqual(failures, {});
  assert.ok(answered > 0);

  // The new one can do all that the old one could: also end the gateway politely.
  kill(after.supervisor.pid, "SIGTERM");
  await eventually(
    () => gateway.processes().length === 0 || undefined,
    () => `the gateway ends; log:\n${gateway.log()}`,
  );
  assert.equal(existsSync(gateway.places.gatewayFile), false);
});

test("kill -9 of the supervisor where its successor can write none of its files: it comes, and writes them later", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  // In the way of what is written aside, as a disk would be that has room for the lock alone.
  const inTheWay = ["configuration", "gateway", "children"].map((name) =>
    join(gateway.places.state, `${name}.json.new`),
  );
  for (const path of inTheWay) mkdirSync(path);
  kill(before.supervisor.pid, "SIGKILL");
  const after = await gateway.until(
    "a new supervisor",
    (status) => status.supervisor.pid !== before.supervisor.pid && allReady(status),
  );
  assert.deepEqual(
    after.children.map(({ pid }) => pid),
    before.children.map(({ pid }) => pid),
  );
  assert.equal(gateway.file().pid, before.supervisor.pid);
  for (const path of inTheWay) rmSync(path, { recursive: true });
  await eventually(
    () => gateway.file().pid === after.supervisor.pid || undefined,
    () => "the file names the new supervisor",
  );
});

test("kill -9 of the supervisor and one proxy together heals", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  const [proxy] = await gateway.pids("proxy");
  kill(before.supervisor.pid, "SIGKILL");
  kill(proxy ?? 0, "SIGKILL");
  const after = await gateway.until(
    "a new supervisor and a new proxy",
    (status) =>
      status.supervisor.pid !== before.supervisor.pid && allReady(status) && status.children.length === 4,
  );
  const kept = after.children.filter(({ pid }) => before.children.some((child) => child.pid === pid));
  assert.equal(kept.length, 3);
  assert.equal((await fetch(gateway.url)).status, 200);
});

test("kill -9 of all proxies: connections wait until the new ones accept, none is refused", async (context) => {
  const { gateway } = await startGateway(context);
  const clients = new SteadyClients(context, gateway.url);
  const before = await gateway.pids("proxy");
  for (const pid of before) kill(pid, "SIGKILL");
  await gateway.until(
    "new proxies",
    (status) => allReady(status) && !status.children.some(({ pid }) => before.includes(pid)),
  );
  const { failures } = await clients.stop();
  // What a killed process had accepted is lost with it; nothing else is.
  delete failures["ECONNRESET"];
  assert.deepEqual(failures, {});
});

test("a stopped proxy is killed and replaced; a stopped supervisor that wakes changes nothing", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  const [stopped = 0] = await gateway.pids("proxy");
  kill(stopped, "SIGSTOP");
  const healed = await gateway.until(
    "the stopped proxy is replaced",
    (status) => allReady(status) && !status.children.some(({ pid }) => pid === stopped),
  );
  assert.equal(healed.supervisor.pid, before.supervisor.pid);

  kill(healed.supervisor.pid, "SIGSTOP");
  const clients = new SteadyClients(context, gateway.url);
  // Longer than the silence for which a proxy is killed.
  await eventually(
    () => clients.answered >= 300 || undefined,
    () => "requests are answered while the supervisor is stopped",
  );
  kill(healed.supervisor.pid, "SIGCONT");
  const again = await gateway.until("the supervisor answers", allReady);
  assert.deepEqual(processesOf(again), processesOf(healed));
  assert.deepEqual((await clients.stop()).failures, {});
});

test("a second start with the same state directory is refused, and changes nothing", async (context) => {
  const { gateway } = await startGateway(context);
  const before = await gateway.status();
  const [code] = (await once(gateway.skein(["up", "--config", gateway.configFile]), "exit")) as [number];
  assert.equal(code, 1);
  assert.match(gateway.log(), /a gateway runs already/);
  assert.deepEqual(processesOf(await gateway.status()), processesOf(before));
});

test("a controller's place is filled again", async (context) => {
  const { gateway } = await startGateway(context);
  const [controller = 0] = await gateway.pids("controller");
  kill(controller, "SIGKILL");
  const after = await gateway.until(
    "a new controller",
    (status) => allReady(status) && !status.children.some(({ pid }) => pid === controller),
  );
  const restarts = after.children.flatMap(({ role, restarts: its }) => (role === "controller" ? [its] : []));
  assert.deepEqual(new Set(restarts), new Set([0, 1]), gateway.log());
});

test("a polite stop finishes what is in flight and leaves no trace but the state", async (context) => {
  const { gateway, worker } = await startGateway(context);
  const { url } = gateway;
  const arrived = new Promise<() => void>((resolve) => {
    worker.removeAllListeners("request");
    worker.on("request", (_request, response) => resolve(() => response.end("late, but whole")));
  });
  const answer = new Promise<string>((resolve, reject) => {
    const outgoing = request(gateway.url, { agent: false }, (incoming) => {
      incoming.setEncoding("utf8");
      incoming.on("data", (text: string) => resolve(text));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
  const answerNow = await arrived;
  const exited = once(gateway.process, "exit");
  kill(gateway.process.pid ?? 0, "SIGTERM");
  await gateway.until("the proxies drain", ({ stopping }) => stopping);
  // Who asks for the same once more waits with them.
  const askedAgain = once(gateway.skein(["stop"]), "exit");
  await eventually(
    () => gateway.log().includes("stopping: requests in flight are finished") || undefined,
    () => `the second stop is heard\n${gateway.log()}`,
  );
  // Nobody waits in front of a door behind which nobody is any more: whoever balances over gateways goes elsewhere.
  const comer = new URL(url);
  await eventually(
    () => nobodyListensAt(comer.hostname, Number(comer.port)),
    () => "a new connection is refused while the last request goes on",
  );
  answerNow();
  assert.equal(await answer, "late, but whole");
  assert.deepEqual(await exited, [0, null]);
  assert.deepEqual(await askedAgain, [0, null]);
  assert.equal(existsSync(gateway.places.gatewayFile), false);
  assert.equal(existsSync(gateway.places.supervisorSocket), false);
  assert.equal(existsSync(gateway.places.tokenFile), true);
  assert.deepEqual(gateway.processes(), []);
});

test("a run directory that was cleaned away is made anew", async (context) => {
  const { gateway } = await startGateway(context, { proxies: 1, controllers: 1 });
  const before = await gateway.status();
  rmSync(gateway.places.supervisorSocket);
  rmSync(gateway.places.supervisorLock);
  const after = await gateway.until("the supervisor can be reached again", allReady);
  assert.deepEqual(processesOf(after), processesOf(before));
});
