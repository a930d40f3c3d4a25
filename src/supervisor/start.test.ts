import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLogger } from "../runtime/logger.ts";
import { placesIn } from "../runtime/places.ts";
import type { Entries } from "./child-processes.ts";
import { startSupervisor } from "./start.ts";

/** The file of a configuration for a gateway in a directory of its own. */
function preparedGateway(context: TestContext): { state: string; file: string } {
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
  return { state, file };
}

test("from the first child on, a signal ends no supervisor that nobody would follow", async (context) => {
  const { state, file } = preparedGateway(context);
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

for (const late of ["configuration.json", "gateway.json"])
  test(`a start that fails late, at ${late}, holds nothing that would keep its process`, (context) => {
    const { state, file } = preparedGateway(context);
    mkdirSync(join(state, `${late}.new`));
    const module = JSON.stringify(new URL("start.ts", import.meta.url).href);
    const script = `const { startSupervisor } = await import(${module});
    const source = { kind: "resolved", file: process.argv[1] };
    await startSupervisor({ source }).catch(({ code }) => console.error(code));`;
    const flags = ["--conditions=skein-source", "--input-type=module"];
    const { stderr, status } = spawnSync(process.execPath, [...flags, "-e", script, file], {
      timeout: 20_000,
      killSignal: "SIGKILL",
      encoding: "utf8",
    });
    assert.match(stderr, /state-unwritable/);
    assert.equal(status, 0, "it ends by itself");
    assert.deepEqual(readdirSync(placesIn(state).run), []);
  });
