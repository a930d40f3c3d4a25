import assert from "node:assert/strict";
import { fstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { GatewayConfiguration, Reception } from "../protocol/configuration.ts";
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
    control: { secure: true },
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

test("a door at another address of a port that the gateway holds: refused as what it is, and nothing is changed", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-reload-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "configuration.json");
  const control = { host: "127.0.0.1", port: 0 };
  const held = { name: "0.0.0.0:8080", host: "0.0.0.0", port: 8080 };
  const wanted = { name: "[::]:8080", host: "::", port: 8080 };
  writeFileSync(file, JSON.stringify({ listeners: [wanted], control }));
  const gateway = {
    places: placesIn(directory),
    source: { kind: "resolved", file },
    sourced: { configuration: { control }, warnings: [] },
    control: { secure: true },
    listeners: [held],
    reloadError: null,
    logger: silentLogger,
    adoptConfiguration: () => assert.fail("it was taken"),
  } as unknown as GatewaySupervisor;
  await assert.rejects(reload(gateway), {
    code: "change-needs-restart",
    detail: /\[::\]:8080 and 0\.0\.0\.0:8080, .*Stop it and start it again/,
  });
  assert.deepEqual(gateway.listeners, [held]);
});

test("a configuration whose file is gone is not replaced by none", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-reload-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const gateway = {
    places: placesIn(directory),
    source: { kind: "evaluated", request: { directory, file: null, flags: {} } },
    sourced: { file: join(directory, "skein.config.json"), configuration: {} },
    control: { secure: true },
    listeners: [],
    reloadError: null,
    logger: silentLogger,
    adoptConfiguration: () => assert.fail("it was replaced"),
  } as unknown as GatewaySupervisor;
  await assert.rejects(reload(gateway), { code: "configuration-invalid" });
  assert.match(gateway.reloadError ?? "", /skein\.config\.json is gone; the configuration .* stays/);
});

function https(digest: string): Record<string, Reception> {
  const certificates = [{ cert: "/etc/cert.pem", key: "/etc/key.pem", digest }];
  return { ":443": { kind: "https", certificates, minVersion: "TLSv1.2" } };
}

/** The roles that a reload from the one to the other replaces. */
async function rolledBy(now: unknown, wanted: unknown): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "skein-reload-"));
  const file = join(directory, "configuration.json");
  writeFileSync(file, JSON.stringify(wanted));
  const rolled: string[] = [];
  const gateway = {
    places: placesIn(directory),
    source: { kind: "resolved", file },
    sourced: { configuration: now },
    control: { secure: true },
    listeners: [],
    logger: silentLogger,
    adoptConfiguration: (_: unknown, roll: string[]) => rolled.push(...roll),
  } as unknown as GatewaySupervisor;
  await reload(gateway);
  rmSync(directory, { recursive: true, force: true });
  return rolled;
}

test("where proxies follow controllers of other hosts, they are replaced for new certificates, and for nothing else", async () => {
  const configuration = (join: string[] | undefined, receptions: Record<string, Reception>, services = {}) =>
    ({
      join,
      listeners: [],
      traffic: { services, proxy: { receptions } },
    }) as unknown as GatewayConfiguration;
  const far = ["http://10.0.0.1:7600"];
  const before = configuration(far, https("old"));
  assert.deepEqual(await rolledBy(before, configuration(far, https("new"))), ["proxy"]);
  assert.deepEqual(await rolledBy(before, configuration(far, { ":443": { kind: "http" } })), ["proxy"]);
  assert.deepEqual(await rolledBy(before, configuration(far, https("old"), { web: {} })), []);
  // Elsewhere the own controllers' table tells them.
  const here = configuration(undefined, https("old"));
  assert.deepEqual(await rolledBy(here, configuration(undefined, https("new"))), []);
});
