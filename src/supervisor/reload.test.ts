import assert from "node:assert/strict";
import { fstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { placesIn } from "../runtime/places.ts";
import { silentLogger } from "../runtime/logger.ts";
import type { GatewaySupervisor } from "./gateway-supervisor.ts";
import { reload } from "./reload.ts";

/** A bound socket that does not listen is not seen from outside: the descriptors tell. */
function openSockets(): number[] {
  return Array.from({ length: 200 }, (_, fd) => fd).filter((fd) => {
    try {
      return fstatSync(fd).isSocket();
    } catch {
      return false;
    }
  });
}

test("a reload that cannot be written closes the doors that it opened", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-reload-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "configuration.json");
  writeFileSync(file, JSON.stringify({ listeners: [{ name: "new", host: "127.0.0.1", port: 0 }] }));
  const gateway = {
    places: placesIn(join(directory, "no-such-directory")),
    source: { kind: "resolved", file },
    sourced: { configuration: {} },
    listeners: [],
    reloadError: null,
    logger: silentLogger,
  } as unknown as GatewaySupervisor;
  const before = openSockets();
  await assert.rejects(reload(gateway), { code: "state-unwritable" });
  assert.match(gateway.reloadError ?? "", /cannot be written/);
  // A socket is closed in the next turn of the event loop.
  await setImmediate();
  assert.deepEqual(openSockets(), before);
  assert.deepEqual(gateway.listeners, []);
});
