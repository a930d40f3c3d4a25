import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { missingTool } from "../../../test/tools.ts";
import { completionScripts } from "./scripts.ts";

/** What bash would offer, where `skein complete` knows these names. */
function offered(line: string): string[] {
  const script = `skein() { printf 'asked:%s\\n' "$*" >&2; printf '%s\\n' 127.0.0.1:8081 127.0.0.1:8082; }
${completionScripts.bash}
COMP_LINE='${line}' COMP_POINT=${line.length}
_skein skein
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  assert.equal(ran.stderr, "");
  return ran.stdout.trim().split("\n");
}

test(
  "a real bash: what it takes for a word's beginning is not said again",
  { skip: missingTool("bash", "bash") },
  () => {
    assert.deepEqual(offered("skein drain "), ["127.0.0.1:8081", "127.0.0.1:8082"]);
    assert.deepEqual(offered("skein drain 127.0.0.1:80"), ["8081", "8082"]);
  },
);

for (const shell of ["zsh", "fish"] as const) {
  test(`${shell} can read its script`, { skip: missingTool(shell, shell) }, (context) => {
    const directory = mkdtempSync(join(tmpdir(), "skein-completion-"));
    context.after(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "script");
    writeFileSync(file, completionScripts[shell]);
    const checked = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    assert.deepEqual([checked.status, checked.stderr], [0, ""]);
  });
}
