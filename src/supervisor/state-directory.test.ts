import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { placesIn } from "../runtime/places.ts";
import {
  prepareStateDirectory,
  readChildren,
  readConfiguration,
  removeTraces,
  writeChildren,
} from "./state-directory.ts";
import { SupervisorError } from "./supervisor-error.ts";

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "skein-state-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("everything in the state directory is for its user alone; the token stays the same", (context) => {
  const places = placesIn(join(temporaryDirectory(context), "deep", "state"));
  prepareStateDirectory(places);
  assert.equal(modeOf(places.state), 0o700);
  assert.equal(modeOf(places.run), 0o700);
  assert.equal(modeOf(places.tokenFile), 0o600);
  const token = readFileSync(places.tokenFile, "utf8");
  assert.match(token, /^[0-9a-f]{64}\n$/);
  prepareStateDirectory(places);
  assert.equal(readFileSync(places.tokenFile, "utf8"), token);
});

test("a directory that cannot be made is an error that names it and the way out", (context) => {
  const file = join(temporaryDirectory(context), "file");
  writeFileSync(file, "");
  assert.throws(
    () => prepareStateDirectory(placesIn(join(file, "state"))),
    (error: unknown) => {
      assert.ok(error instanceof SupervisorError);
      assert.equal(error.code, "state-unwritable");
      assert.match(error.detail, /file\/state.*--state/);
      return true;
    },
  );
});

test("a run directory that leads elsewhere is refused", (context) => {
  const directory = temporaryDirectory(context);
  const places = placesIn(join(directory, "state"));
  mkdirSync(places.state, { recursive: true });
  mkdirSync(join(directory, "elsewhere"));
  symlinkSync(join(directory, "elsewhere"), places.run);
  assert.throws(() => prepareStateDirectory(places), /not a directory of this user/);
});

test("a list of children that is torn or of another format counts as none", (context) => {
  const places = placesIn(temporaryDirectory(context));
  prepareStateDirectory(places);
  assert.equal(readChildren(places), null);
  const record = {
    v: 1,
    epoch: { proxy: 2, controller: 1 },
    termSeen: 7,
    stopping: false,
    children: [],
  } as const;
  writeChildren(places, { ...record, children: [] });
  assert.deepEqual(readChildren(places), record);
  writeFileSync(join(places.state, "children.json"), '{"v":1,"chil');
  assert.equal(readChildren(places), null);
  writeFileSync(join(places.state, "children.json"), '{"v":2,"children":[]}');
  assert.equal(readChildren(places), null);
  assert.equal(readConfiguration(places), null);
  removeTraces(places);
});
