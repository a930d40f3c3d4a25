import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { test } from "node:test";
import { build } from "vite";
import { TestingController } from "../../src/worker/testing-controller.ts";
import { WorkerProcess } from "./worker-process.ts";

test("a bundle that skein went into has no watch thread: it says so once, and comes back to the cluster all the same", async (t) => {
  const folder = mkdtempSync(pathOf(tmpdir(), "skein-bundled-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { alias: { skein: pathOf(import.meta.dirname, "../../src/worker/index.ts") } },
    ssr: { noExternal: true },
    build: {
      outDir: folder,
      ssr: pathOf(import.meta.dirname, "worker-apps", "joined.ts"),
      rolldownOptions: { output: { entryFileNames: "joined.mjs" } },
    },
  });
  const controller = await TestingController.start();
  t.after(async () => controller.close());
  controller.generation = 5;
  const program = new WorkerProcess(t, [process.execPath, pathOf(folder, "joined.mjs")], {
    env: { SKEIN_CONTROL: controller.url },
  });
  await program.line(/skein-thread-failed.*keep `skein` external/, program.errors);
  for (const times of [1, 2]) {
    await controller.until(() => controller.open.length > 0);
    const known = controller.sessions.length;
    for (const session of controller.open) session.destroy();
    await controller.until(() => controller.sessions.slice(known).some(({ hello }) => hello !== undefined));
    assert.equal(controller.sessions.at(-1)?.hello?.generation, 5, `lost ${times} times`);
  }
  program.child.kill("SIGTERM");
  assert.deepEqual(await program.exited, { code: 0, signal: null });
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
  assert.equal(program.errors.filter((line) => line.includes("skein-thread-failed")).length, 1);
});
