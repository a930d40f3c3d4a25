import assert from "node:assert/strict";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { isIgnored, watchFiles } from "./watch-files.ts";

/** A directory that is watched, what was told, and how to change something and wait until it is told. */
function watched(t: TestContext, outputs?: (root: string) => number[]) {
  const root = mkdtempSync(join(tmpdir(), "skein-watch-"));
  mkdirSync(join(root, "node_modules"));
  const told: string[] = [];
  let heard: () => void = () => undefined;
  const tell = (file: string): void => {
    told.push(file);
    heard();
  };
  const watching = watchFiles(root, systemClock, tell, {
    outputs: outputs?.(root),
    except: join(root, "state"),
  });
  // The clock's timers do not keep the process.
  const stay = setInterval(() => undefined, 1000);
  t.after(() => {
    clearInterval(stay);
    watching.close();
    rmSync(root, { recursive: true });
  });
  const change = async (act: () => void): Promise<void> => {
    const next = new Promise<void>((resolve) => (heard = resolve));
    act();
    await next;
  };
  return { root, told, change };
}

test("a change is told once, also in a directory made later; node_modules and hidden files are ignored", async (t) => {
  const { root, told, change } = watched(t);
  await change(() => mkdirSync(join(root, "src")));
  await change(() => {
    writeFileSync(join(root, "node_modules", "x.js"), "1");
    writeFileSync(join(root, ".hidden"), "1");
    writeFileSync(join(root, "src", "a.js"), "1");
    writeFileSync(join(root, "src", "a.js"), "2");
  });
  assert.deepEqual(told, ["src", "a.js"]);
});

test("what this process writes to is no change", async (t) => {
  let output = 0;
  const { root, told, change } = watched(t, (place) => [(output = openSync(join(place, "out.txt"), "a"))]);
  t.after(() => closeSync(output));
  await change(() => {
    writeFileSync(join(root, "a.js"), "1");
    writeSync(output, "a.js changed");
  });
  assert.deepEqual(told, ["a.js"]);
});

test("what happens in the directory of the gateway's state is no change", async (t) => {
  const { root, told, change } = watched(t);
  await change(() => mkdirSync(join(root, "src")));
  await change(() => {
    writeFileSync(join(root, "src", "a.js"), "1");
    mkdirSync(join(root, "state"));
  });
  await change(() => {
    writeFileSync(join(root, "src", "b.js"), "1");
    writeFileSync(join(root, "state", "skein.db-wal"), "1");
  });
  assert.deepEqual(told, ["src", "a.js", "b.js"]);
});

test("what is ignored", () => {
  assert.deepEqual(
    ["node_modules", ".git", ".env.swp", "dist", "app.log", "a.ts~"].filter((name) => !isIgnored(name)),
    [],
  );
  assert.deepEqual(["server.ts", "src", "package.json"].filter(isIgnored), []);
});
