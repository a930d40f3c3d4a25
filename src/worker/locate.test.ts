import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { placesIn } from "../runtime/places.ts";
import { controllerSeeds } from "./locate.ts";

const door = "http://127.0.0.1:7600";

/** A state directory, and what its gateway does with its file there. */
function stateDirectory(t: TestContext) {
  const state = mkdtempSync(join(tmpdir(), "skein-locate-"));
  t.after(() => rmSync(state, { recursive: true }));
  const { gatewayFile } = placesIn(state);
  return {
    state,
    writes: (text: string) => writeFileSync(gatewayFile, text),
    starts: (control: string) => writeFileSync(gatewayFile, JSON.stringify({ v: 1, control })),
    stops: () => rmSync(gatewayFile),
  };
}

test("what the user wrote, and nothing else", (t) => {
  const gateway = stateDirectory(t);
  gateway.starts("127.0.0.1:7601");
  assert.deepEqual(controllerSeeds(["http://10.0.0.1:7600"], gateway.state)(), ["http://10.0.0.1:7600"]);
});

test("the gateway that the state directory names, also one started later; the usual door only where none is named", (t) => {
  const gateway = stateDirectory(t);
  const seeds = controllerSeeds([], gateway.state);
  assert.deepEqual(seeds(), [door]);
  gateway.writes('{"v":1,"control":"127.0.0.1:7');
  assert.deepEqual(seeds(), [door]);
  gateway.starts("127.0.0.1:7601");
  assert.deepEqual(seeds(), ["http://127.0.0.1:7601"]);
});

test("a gateway that stops is waited for where it was, not looked for at the door; started elsewhere it is found", (t) => {
  const gateway = stateDirectory(t);
  gateway.starts("127.0.0.1:7601");
  const seeds = controllerSeeds([], gateway.state);
  assert.deepEqual(seeds(), ["http://127.0.0.1:7601"]);
  gateway.stops();
  assert.deepEqual(seeds(), ["http://127.0.0.1:7601"]);
  gateway.starts("127.0.0.1:7602");
  assert.deepEqual(seeds(), ["http://127.0.0.1:7602"]);
});
