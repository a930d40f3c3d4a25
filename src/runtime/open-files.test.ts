import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { openFilesMax } from "./open-files.ts";

test("the soft limit is told; what is not known is no limit", () => {
  const limits = (files: string): string => `Max processes  1  1  processes\nMax open files ${files} files\n`;
  assert.equal(
    openFilesMax(() => limits("           1024                 1048576")),
    1024,
  );
  assert.equal(
    openFilesMax(() => limits("           unlimited            unlimited")),
    Infinity,
  );
  assert.equal(
    openFilesMax(() => {
      throw new Error("no such file");
    }),
    Infinity,
  );
});

test("that of this process", { skip: process.platform !== "linux" && "there is no /proc" }, () => {
  const program = `import { openFilesMax } from ${JSON.stringify(new URL("./open-files.ts", import.meta.url).href)};
    console.log(openFilesMax());`;
  const { stdout } = spawnSync(
    "sh",
    ["-c", 'ulimit -n 123; exec "$@"', "sh", process.execPath, "--input-type=module", "-e", program],
    { encoding: "utf8" },
  );
  assert.equal(stdout.trim(), "123");
});
