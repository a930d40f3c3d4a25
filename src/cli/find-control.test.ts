import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { placesIn } from "../runtime/places.ts";
import { doorAddress } from "../supervisor/doors.ts";
import { controlUrl } from "../supervisor/gateway-addresses.ts";
import { findControl } from "./find-control.ts";

/** A place to run verbs in, where nothing is said but what a test says. */
function emptyPlace(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "skein-find-"));
  const [before, environment] = [process.cwd(), { ...process.env }];
  for (const name of Object.keys(process.env)) if (name.startsWith("SKEIN_")) delete process.env[name];
  process.chdir(directory);
  t.after(() => {
    process.chdir(before);
    process.env = environment;
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** A state directory as a gateway that listens on that port for its operators leaves it; without a port none runs. */
function stateOf(directory: string, name: string, port?: number): string {
  const { state, tokenFile } = placesIn(join(directory, name));
  mkdirSync(state);
  writeFileSync(tokenFile, `token-of-${name}\n`);
  if (port !== undefined) runAt(state, port);
  return state;
}

function runAt(state: string, port: number, host = "127.0.0.1"): void {
  const door = { host, port, secure: false };
  const running = { control: doorAddress(door), controlUrl: controlUrl(door, {}) };
  writeFileSync(placesIn(state).gatewayFile, JSON.stringify(running));
}

/** A wrong command line, told without what was written. */
const refusedAt = (where: string) => (error: unknown) =>
  error instanceof SkeinError &&
  error.code === "invalid" &&
  error.detail.startsWith(`${where}: a token has no line break`) &&
  !error.message.includes("SECRET");

for (const [control, url] of [
  [":7600", "http://127.0.0.1:7600"],
  ["0.0.0.0:7600/", "http://127.0.0.1:7600"],
  ["[::]:7600", "http://[::1]:7600"],
  ["10.0.0.5:7600/", "https://10.0.0.5:7600"],
] as const) {
  test(`--control ${control} asks ${url}`, () => assert.equal(findControl({ control }).url, url));
}

for (const control of ["10.0.0.5:7600/dashboard/", "http://127.0.0.1:7600/x", "a:7600,b:7600"]) {
  test(`--control ${control} is refused: no guess is made of where the token goes`, () => {
    const refusal = { exitCode: 2, message: /is no address of a control API; write 127\.0\.0\.1:7600/ };
    assert.throws(() => findControl({ control }), refusal);
  });
}

test("--state names a cluster: what the environment says of another does not count", (t) => {
  const state = stateOf(emptyPlace(t), "a", 1001);
  Object.assign(process.env, { SKEIN_CONTROL: ":1002", SKEIN_TOKEN: "token-of-b", SKEIN_CA: "b.pem" });
  assert.deepEqual(findControl({ state }), {
    url: "http://127.0.0.1:1001",
    token: "token-of-a",
    state,
    ca: undefined,
  });
  assert.equal(findControl({ state, ca: "a.pem" }).ca, "a.pem");
  assert.equal(findControl({}).ca, "b.pem");
  const { url, token } = findControl({ state, control: ":1003" });
  assert.deepEqual([url, token], ["http://127.0.0.1:1003", "token-of-a"]);
});

test("a flag counts before the environment, and that before what is in this directory", (t) => {
  const directory = emptyPlace(t);
  stateOf(directory, ".skein", 1001);
  const found = (options: Parameters<typeof findControl>[0] = {}): unknown[] => {
    const { url, token } = findControl(options);
    return [url.slice("http://127.0.0.1:".length), token];
  };
  assert.deepEqual(found(), ["1001", "token-of-.skein"]);
  process.env["SKEIN_STATE"] = stateOf(directory, "b", 1002);
  assert.deepEqual(found(), ["1002", "token-of-b"]);
  Object.assign(process.env, { SKEIN_CONTROL: ":1003", SKEIN_TOKEN: "t" });
  assert.deepEqual(found(), ["1003", "t"]);
  assert.deepEqual(found({ control: ":1004", token: "u" }), ["1004", "u"]);
});

test("the token that lies in this directory goes to its own gateway alone", (t) => {
  const directory = emptyPlace(t);
  const state = stateOf(directory, ".skein");
  assert.equal(findControl({}).token, undefined, "whoever listens at the usual port");
  assert.equal(findControl({ control: ":7600" }).token, undefined);
  assert.equal(findControl({ control: ":7600", state }).token, "token-of-.skein", "it was named");
  runAt(state, 1002);
  assert.equal(findControl({ control: ":1001" }).token, undefined);
  assert.equal(findControl({ control: "http://127.0.0.1:1002/" }).token, "token-of-.skein");
  process.env["SKEIN_CONTROL"] = ":1001";
  assert.equal(findControl({}).token, undefined);
});

for (const [host, own, others] of [
  ["127.0.0.1", ["localhost:1", "http://localhost:1", "0.0.0.0:1"], ["[::1]:1", "10.0.0.5:1", "localhost:2"]],
  ["::1", ["localhost:1", "[::]:1"], ["127.0.0.1:1", "https://[::1]:1"]],
  ["0.0.0.0", ["0.0.0.0:1", ":1", "127.0.0.1:1", "localhost:1"], ["[::1]:1", "http://10.0.0.5:1"]],
  ["::", ["[::]:1", "[::1]:1", "127.0.0.1:1", "localhost:1"], ["[::1]:2"]],
] as const) {
  test(`what listens at ${host} is the own gateway under each name of this host that leads there, and is asked there`, (t) => {
    const state = stateOf(emptyPlace(t), ".skein");
    runAt(state, 1, host);
    const asked = findControl({});
    assert.equal(asked.token, "token-of-.skein");
    for (const control of own) assert.deepEqual(findControl({ control }), asked, control);
    for (const control of others) assert.equal(findControl({ control }).token, undefined, control);
  });
}

test("what cannot be sent as a token is refused before anything is sent, and not told", (t) => {
  const directory = emptyPlace(t);
  const state = stateOf(directory, "a", 1001);
  assert.equal(findControl({ control: ":1", token: " abc\n" }).token, "abc");
  for (const written of ["abc\r\ndef-SECRET", "abc SECRET", "SECRET\u00e9"]) {
    assert.throws(() => findControl({ token: written }), refusedAt("--token"));
    process.env["SKEIN_TOKEN"] = written;
    assert.throws(() => findControl({}), refusedAt("SKEIN_TOKEN"));
    writeFileSync(placesIn(state).tokenFile, written);
    assert.throws(() => findControl({ state }), refusedAt(placesIn(state).tokenFile));
  }
  assert.throws(() => findControl({ token: " " }), { exitCode: 2, message: "--token: the token is empty" });
});
