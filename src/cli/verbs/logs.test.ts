import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { GatewayFile } from "../../protocol/supervision.ts";
import { placesIn } from "../../runtime/places.ts";
import { identify } from "../../runtime/process-identity.ts";
import { type ChildrenRecord, writeChildren } from "../../supervisor/state-directory.ts";
import { logs } from "./logs.ts";

/** Higher than any that Linux gives. */
const nobody = 2 ** 22 + 1;

test("where the supervisor has ended, the log is found by a process that serves on", async (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-logs-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(dirname(places.gatewayFile), { recursive: true });
  mkdirSync(places.run, { recursive: true });
  const log = join(state, "skein.log");
  writeFileSync(log, "no new supervisor could be started\n");
  const proxy = spawn("sleep", ["60"], { stdio: ["ignore", "ignore", openSync(log, "a")] });
  context.after(() => proxy.kill("SIGKILL"));
  const identity = identify(proxy.pid ?? 0);
  assert.ok(identity !== null);
  const gateway = { v: 1, pid: nobody, control: "127.0.0.1:0", listen: [] } as unknown as GatewayFile;
  writeFileSync(places.gatewayFile, JSON.stringify(gateway));
  const children: ChildrenRecord = {
    v: 1,
    epoch: { proxy: 1, controller: 1 },
    termSeen: 0,
    stopping: false,
    children: [{ role: "proxy", name: "proxy-1", epoch: 1, draining: false, ...identity }],
  };
  writeChildren(places, children);
  const told: string[] = [];
  const out = (line: string): void => void told.push(line);
  const terminal = { columns: 80, out, note: () => {}, paint: (_: unknown, text: string) => text };
  assert.equal(await logs({ state, lines: "10" }, terminal), 0);
  assert.deepEqual(told, ["no new supervisor could be started"]);
});
