import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { placesIn } from "./places.ts";
import { readLock } from "./process-lock.ts";
import { spawnSupervisor } from "./spawn-supervisor.ts";

const linux = process.platform !== "linux" && "another system takes longer environments";

test("a supervisor that the system does not start leaves the lock free", { skip: linux }, (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-spawn-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  const start = (): boolean =>
    spawnSupervisor({
      role: "proxy",
      name: "proxy-1",
      epoch: 1,
      state,
      listeners: [],
      control: { address: "127.0.0.1:0", fd: 0 },
      store: { driver: "memory" },
      // Longer than the system takes for one argument.
      supervisor: { args: ["a".repeat(200_000)] },
    });
  assert.throws(start, { code: "E2BIG" });
  assert.equal(readLock(places.supervisorLock), null);
});
