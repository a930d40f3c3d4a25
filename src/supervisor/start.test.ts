import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../runtime/logger.ts";
import type { Entries } from "./child-processes.ts";
import { startSupervisor } from "./start.ts";

test("from the first child on, a signal ends no supervisor that nobody would follow", async (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-start-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const file = join(state, "resolved.json");
  const configuration = {
    listeners: [],
    control: { host: "127.0.0.1", port: 0 },
    state,
    store: { driver: "memory" },
    proxies: 1,
    controllers: 1,
    traffic: { services: {}, routes: [], proxy: {}, registration: {} },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const child = join(state, "child.js");
  writeFileSync(child, "setTimeout(() => {}, 60_000)");
  const handled: Record<string, number[]> = {};
  const entries = Object.defineProperty({ controller: child } as Entries, "proxy", {
    get() {
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"])
        (handled[signal] ??= []).push(process.listenerCount(signal));
      return child;
    },
  });
  const gateway = await startSupervisor({
    source: { kind: "resolved", file },
    logger: silentLogger,
    entries,
  });
  gateway.stop();
  gateway.stop();
  assert.equal(await gateway.ended, 0);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"])
    assert.ok((handled[signal]?.[0] ?? 0) > 0, `${signal}: ${String(handled[signal])}`);
});
