import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { ChildAssignment } from "../protocol/supervision.ts";
import { placesIn } from "./places.ts";
import { readLock, takeLock } from "./process-lock.ts";
import { SupervisorStarter } from "./spawn-supervisor.ts";

const linux = process.platform !== "linux" && "another system takes longer environments";

function orphan(context: TestContext, fd: number): ChildAssignment {
  const state = mkdtempSync(join(tmpdir(), "skein-spawn-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  mkdirSync(placesIn(state).run, { recursive: true });
  return {
    role: "proxy",
    name: "proxy-1",
    epoch: 1,
    state,
    listeners: [],
    control: { address: "127.0.0.1:0", fd },
    store: { driver: "memory" },
    supervisor: { args: [] },
  };
}

/** Of the log what went wrong. */
function listeningTo(said: unknown[]) {
  return { warn: () => {}, error: (fields: unknown) => void said.push(fields) };
}

test(
  "a supervisor that the system does not start leaves the lock free, and the log says why",
  { skip: linux },
  (context) => {
    // Longer than the system takes for one argument.
    const assignment = { ...orphan(context, 0), supervisor: { args: ["a".repeat(200_000)] } };
    const said: unknown[] = [];
    const starter = new SupervisorStarter({ now: () => 0 }, listeningTo(said));
    assert.equal(starter.start(assignment), false);
    assert.equal(starter.start(assignment), false);
    assert.deepEqual(said, [{ reason: "spawn E2BIG" }]);
    assert.equal(readLock(placesIn(assignment.state).supervisorLock), null);
  },
);

test("nor does one whose Node was taken away", async (context) => {
  const assignment = orphan(context, 0);
  const { execPath } = process;
  context.after(() => (process.execPath = execPath));
  process.execPath = "/gone/node";
  const reason = await new Promise((resolve) => {
    const logger = { warn: () => {}, error: (fields: unknown) => resolve(fields) };
    assert.equal(new SupervisorStarter({ now: () => 0 }, logger).start(assignment), false);
  });
  assert.deepEqual(reason, {
    reason: "/gone/node is gone. If Node was replaced, stop and start what runs with the old one",
  });
  assert.equal(readLock(placesIn(assignment.state).supervisorLock), null);
});

async function listening(context: TestContext): Promise<Server & { _handle: { fd: number } }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  return server as Server & { _handle: { fd: number } };
}

test("an orphan whose supervisor lacks a listener that others hold leaves it to them for a while", async (context) => {
  const control = await listening(context);
  const held = await listening(context);
  const assignment = orphan(context, control._handle.fd);
  const { state } = assignment;
  const { port } = held.address() as AddressInfo;
  const file = join(state, "resolved.json");
  const traffic = { services: {}, routes: [], proxy: {}, registration: {} };
  const configuration = {
    listeners: [{ name: "new", host: "127.0.0.1", port }],
    control: { host: "127.0.0.1", port: 0 },
    state,
    store: { driver: "memory" },
    proxies: 1,
    controllers: 1,
    traffic,
  };
  writeFileSync(file, JSON.stringify(configuration));
  assignment.supervisor.args = ["--source", JSON.stringify({ kind: "resolved", file })];
  // Its message is expected.
  process.env["SKEIN_LOG_LEVEL"] = "silent";
  context.after(() => delete process.env["SKEIN_LOG_LEVEL"]);
  let now = 0;
  const starter = new SupervisorStarter({ now: () => now }, listeningTo([]));
  assert.equal(starter.start(assignment), true);
  while (!starter.standsBack) await setTimeout(20);
  assert.equal(starter.start(assignment), false);
  const { supervisorLock } = placesIn(state);
  assert.equal(takeLock(supervisorLock).taken, true, "another one can");
  rmSync(supervisorLock);
  now += 5_000;
  assert.equal(starter.start(assignment), true);
  while (!starter.standsBack) await setTimeout(20);
});
