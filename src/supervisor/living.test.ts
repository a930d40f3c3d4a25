import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { placesIn } from "../runtime/places.ts";
import { identify } from "../runtime/process-identity.ts";
import { takeLock } from "../runtime/process-lock.ts";
import { livingSupervisor } from "./living.ts";
import { prepareStateDirectory, writeChildren, writeGatewayFile } from "./state-directory.ts";

test("a supervisor whose lock lies elsewhere lives while its processes do", (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-living-"));
  context.after(() => rmSync(state, { recursive: true }));
  const places = placesIn(state);
  prepareStateDirectory(places);
  const [self, parent] = [identify(process.pid)!, identify(process.ppid)!];
  const file = { v: 1 as const, control: "", listen: [] as string[], startedAt: "", version: "" };
  const told = (pid: number, child: typeof self): void => {
    writeGatewayFile(places, { ...file, pid });
    const children = [{ ...child, role: "proxy", name: "proxy-1", epoch: 1, draining: false } as const];
    writeChildren(places, {
      v: 1,
      epoch: { proxy: 1, controller: 1 },
      termSeen: 0,
      stopping: false,
      children,
    });
  };
  told(parent.pid, self);
  assert.deepEqual(livingSupervisor(places), parent, "an older version's");
  told(parent.pid, { ...self, started: "long ago" });
  assert.equal(livingSupervisor(places), null, "its number is another process' by now");
  told(2 ** 22 + 1, self);
  assert.equal(livingSupervisor(places), null, "it was killed");
  told(parent.pid, self);
  writeFileSync(places.supervisorLock, JSON.stringify({ pid: 2 ** 22 + 1, started: "long ago" }));
  assert.equal(livingSupervisor(places), null, "killed, and its number may be anybody's by now");
  takeLock(places.supervisorLock);
  assert.deepEqual(livingSupervisor(places), self);
});
