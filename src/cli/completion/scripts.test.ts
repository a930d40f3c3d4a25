import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { missingTool } from "../../../test/tools.ts";
import { completionScripts } from "./scripts.ts";
import { ShellHome, skeins } from "./testing-shells.ts";

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

/** A beginning that both workers have: zsh writes it, fish leaves that to whoever types. */
const written = { zsh: "skein drain 127.0.0.1:808", fish: "skein drain " };

for (const shell of ["zsh", "fish"] as const) {
  describe(`a real ${shell}, at the first Tab of its life`, { skip: missingTool(shell, shell) }, () => {
    test("has no complaint about its script", (context) => {
      const home = new ShellHome(context, skeins.knowsNothing);
      home.write("script", completionScripts[shell]);
      assert.equal(home.run(shell, "-n", "script"), "");
    });

    test("offers what the program itself knows", (context) => {
      const home = new ShellHome(context, skeins.program);
      assert.deepEqual(home[shell]("skein dr").offered, ["drain"]);
    });

    test("offers names with colons, and no file beside them; asks for what comes after the last word", (context) => {
      const home = new ShellHome(context, skeins.twoWorkers);
      const { offered, line } = home[shell]("skein drain ");
      assert.deepEqual(offered, ["127.0.0.1:8081", "127.0.0.1:8082"]);
      assert.equal(line, written[shell]);
      assert.equal(home.asked, "complete|--|drain||\n");
    });

    test("offers files where nothing is known", (context) => {
      const home = new ShellHome(context, skeins.knowsNothing);
      assert.ok(home[shell]("skein up --config so").offered.includes("some.config.json"));
    });
  });
}
