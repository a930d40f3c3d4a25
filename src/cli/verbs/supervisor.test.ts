import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { GatewayStatus } from "../../protocol/supervision.ts";
import { packageVersion } from "../../protocol/version.ts";
import { placesIn } from "../../runtime/places.ts";
import { releaseLock, takeLock } from "../../runtime/process-lock.ts";
import { Hub } from "../../supervisor/hub.ts";
import { prepareStateDirectory } from "../../supervisor/state-directory.ts";
import { upgrade } from "./supervisor.ts";

/** The state directory of a gateway whose supervisor has another pid, and this version, once it was asked to upgrade. */
async function gatewayThatBecomes(t: TestContext, version: string): Promise<string> {
  const state = mkdtempSync(join(tmpdir(), "skein-verbs-"));
  const places = placesIn(state);
  prepareStateDirectory(places);
  takeLock(places.supervisorLock);
  let pid = 1;
  const hub = new Hub(places.supervisorSocket, {
    command: ({ name }, reply) => {
      if (name === "upgrade") pid = 2;
      const supervisor = { pid, startedAt: "", version: pid === 1 ? "0.0.1" : version };
      const roll = { old: 0, draining: 0, failed: null };
      const status = { v: 1, supervisor, children: [], roll } as unknown as GatewayStatus;
      reply({ t: "reply", ok: true, status });
    },
    hello: () => {},
    frame: () => {},
    closed: () => {},
  });
  await hub.listen();
  t.after(() => {
    hub.close();
    hub.dropOperators();
    releaseLock(places.supervisorLock);
    rmSync(state, { recursive: true, force: true });
  });
  return state;
}

for (const [whose, version, told] of [
  ["of this installation says nothing of another", packageVersion, false],
  ["of another installation says that the gateway stays with its own", "0.0.2", true],
] as const) {
  test(`skein upgrade ${whose}`, async (t) => {
    const state = await gatewayThatBecomes(t, version);
    const notes: string[] = [];
    const note = (text: string): void => void notes.push(text);
    const terminal = { columns: 80, out: () => {}, note, paint: (_: unknown, text: string) => text };
    assert.equal(await upgrade({ state }, terminal), 0);
    assert.equal(
      notes.some((text) => text.includes("from another installation")),
      told,
      notes.join("\n"),
    );
  });
}
